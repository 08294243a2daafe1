"""Names bound to local images, as text and in a bench.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.data.bindings import Binding, parse_binding, parse_bindings
from bench.data.bound import BoundSet
from bench.data.dataset import DATASETS, Place
from bench.data.resolve import resolve_dataset
from bench.errors import BenchError, MissingDataError

PLACE = Place(Path("/nowhere"))
PIXELS = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 3), dtype=np.uint8)


def _npz(path: Path) -> Path:
    np.savez(path, images=PIXELS, labels=np.arange(6))
    return path


def _folder(path: Path, *names: str) -> Path:
    for name in names:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(PIXELS[0]).save(path / name)
    return path


@pytest.mark.parametrize("path", ["a.npz", "/x/y z/ä.npz", "C:\\images\\a.npz", "a=b:c.npz"])
def test_a_binding_is_read_and_written_alike(path: str) -> None:
    binding = parse_binding(f"svhn=npz:{path}")
    assert binding == Binding("svhn", "npz", path)
    assert parse_binding(str(binding)) == binding


def test_the_home_folder_is_understood() -> None:
    assert parse_binding("mine=folder:~/x").source == str(Path.home() / "x")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("svhn=/x/svhn.npz", "svhn=npz:/x/svhn.npz"),
        ("svhn=/x/images", "svhn=folder:/x/images"),
        ("svhn", "NAME=KIND:PATH"),
        ("=npz:a.npz", "cannot name a data set"),
        ("a b=npz:a.npz", "cannot name a data set"),
        ("../up=npz:a.npz", "cannot name a data set"),
        ("svhn=npy:a.npy", "Did you mean 'npz'"),
        ("svhn=dir:x", "Known: csv, folder"),
        ("svhn=npz:", "lacks a path"),
    ],
)
def test_a_wrong_binding_says_what_to_write(text: str, message: str) -> None:
    with pytest.raises(BenchError, match=message):
        parse_binding(text)


def test_a_table_of_bindings_counts_paths_from_its_file(tmp_path: Path) -> None:
    tables = tomllib.loads('[datasets.svhn]\nnpz = "svhn.npz"\n[datasets.mine]\nfolder = "/abs"\n')["datasets"]
    assert parse_bindings(tables, tmp_path / "bench.toml") == {
        "svhn": Binding("svhn", "npz", str(tmp_path / "svhn.npz")),
        "mine": Binding("mine", "folder", "/abs"),
    }


@pytest.mark.parametrize(
    "text", ['svhn = "a.npz"', "svhn = {}", 'svhn = {npz = "a", folder = "b"}', "svhn = {npz = 3}"]
)
def test_a_wrong_table_is_named(text: str) -> None:
    with pytest.raises(BenchError, match=r"\[datasets\.svhn\] in bench\.toml must hold one line"):
        parse_bindings(tomllib.loads(text), Path("bench.toml"))


def test_a_wrong_kind_in_a_table_gets_a_suggestion() -> None:
    with pytest.raises(BenchError, match="Did you mean 'folder'"):
        parse_bindings({"svhn": {"folders": "x"}}, Path("bench.toml"))


def test_a_registered_name_keeps_its_facts_and_notes_the_binding(tmp_path: Path) -> None:
    path = _npz(tmp_path / "s.npz")
    found = resolve_dataset(f"svhn=npz:{path}", {}, {})
    images = found.load("test", PLACE)
    assert (found.name, found.title, found.obtained) == ("svhn", "SVHN", "local")
    assert images.note == f"bound to npz:{path}"
    assert images.classes == DATASETS.get("svhn").classes
    np.testing.assert_array_equal(images.read(np.arange(6)), PIXELS)
    assert found.training_transform() == DATASETS.get("svhn")().training_transform()
    assert resolve_dataset(f"digits=npz:{path}", {}, {}).default_network == DATASETS.get("digits").default_network


def test_a_name_of_ones_own_has_no_facts(tmp_path: Path) -> None:
    found = resolve_dataset(f"mine=npz:{_npz(tmp_path / 's.npz')}", {}, {})
    assert (found.name, found.classes, found.training_transform()) == ("mine", (), None)
    assert found.title
    assert found.licence
    assert len(found.load("test", PLACE)) == 6


def test_facts_of_one_binding_do_not_leak_into_another(tmp_path: Path) -> None:
    path = str(_npz(tmp_path / "s.npz"))
    first, second = BoundSet(Binding("svhn", "npz", path)), BoundSet(Binding("mine", "npz", path))
    assert (first.name, second.name) == ("svhn", "mine")


def test_class_folders_are_labels_and_a_flat_folder_has_none(tmp_path: Path) -> None:
    classes = BoundSet(Binding("x", "folder", str(_folder(tmp_path / "c", "dog/1.png", "cat/1.png")))).load(
        "test", PLACE
    )
    assert classes.classes == ("cat", "dog")
    np.testing.assert_array_equal(classes.labels, [0, 1])
    flat = BoundSet(Binding("x", "folder", str(_folder(tmp_path / "f", "1.png", "2.png")))).load("test", PLACE)
    assert (flat.labels, flat.classes) == (None, ())


@pytest.mark.parametrize("test_name", ["test", "val"])
def test_train_and_test_folders_are_splits(tmp_path: Path, test_name: str) -> None:
    names = ("train/a/1.png", "train/b/1.png", "train/b/2.png", f"{test_name}/a/1.png", f"{test_name}/b/1.png")
    bound = BoundSet(Binding("x", "folder", str(_folder(tmp_path, *names))))
    assert len(bound.load("train", PLACE)) == 3
    assert bound.load("test", PLACE).classes == ("a", "b")
    assert len(bound.load("test", PLACE)) == 2


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    bound = BoundSet(Binding("x", "folder", str(_folder(tmp_path, "train/1.png", "plane/1.png"))))
    assert bound.load("test", PLACE).classes == ("plane", "train")


def test_a_train_split_that_is_not_there_is_refused(tmp_path: Path) -> None:
    bound = BoundSet(parse_binding(f"cifar10=npz:{_npz(tmp_path / 's.npz')}"))
    with pytest.raises(BenchError, match=r"only test images.*'train'"):
        bound.load("train", PLACE)


@pytest.mark.parametrize("kind", ["folder", "npz"])
def test_a_path_that_is_not_there_names_the_binding(tmp_path: Path, kind: str) -> None:
    with pytest.raises(MissingDataError, match=f"mine={kind}:.*absent"):
        BoundSet(Binding("mine", kind, str(tmp_path / "absent"))).load("test", PLACE)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="no image below"):
        BoundSet(Binding("mine", "folder", str(tmp_path))).load("test", PLACE)
