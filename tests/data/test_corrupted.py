"""Corrupted copies of data sets: how they are named, what stays of the parent, and that reading is repeatable."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bench.corruptions.corruption import CORRUPTIONS
from bench.data.corrupted import corrupted
from bench.data.dataset import DATASETS, Place
from bench.data.images import ArrayImages, Images, SubsetImages
from bench.data.lineage import shared
from bench.data.resolve import resolve_dataset
from bench.data.sources import open_sources
from bench.errors import BenchError, UnknownNameError

PLACE = Place(Path())


def load(text: str) -> Any:
    return resolve_dataset(text, {}, {}).load("test", PLACE)


def first(images: Images, count: int) -> Any:
    return images.read(np.arange(count))


def noisy(count: int = 12, side: int = 16, seed: int = 0) -> ArrayImages:
    pixels = np.random.default_rng(seed).integers(0, 256, (count, side, side, 3), dtype=np.uint8)
    return ArrayImages(pixels, np.arange(count) % 3, classes=("a", "b", "c"))


def test_a_name_gives_the_corrupted_set_with_its_parents_facts() -> None:
    found, parent = resolve_dataset("corrupt:digits:fog:3", {}, {}), DATASETS.get("digits")()
    assert found.name == "corrupt:digits:fog:3"
    assert found.title == "Handwritten digits, fog of severity 3"
    for fact in ("classes", "counts", "licence", "image_size", "obtained", "default_network", "default_recipe"):
        assert getattr(found, fact) == getattr(parent, fact)
    assert found.training_transform() == parent.training_transform()
    images, clean = found.load("test", PLACE), parent.load("test", PLACE)
    assert len(images) == len(clean) == 500
    assert images.labels is not None
    assert images.labels.tolist() == clean.labels.tolist()
    assert images.note == "fog of severity 3, CIFAR-10-C's constants"
    assert first(images, 5).shape == (5, 8, 8)
    assert found.load("train", PLACE).identity != images.identity


def test_names_may_hold_colons_and_be_nested_and_take_the_parents_options() -> None:
    assert resolve_dataset("corrupt:corrupt:digits:fog:3:snow:1", {}, {}).name == "corrupt:corrupt:digits:fog:3:snow:1"
    images = resolve_dataset("corrupt:uniform:contrast:2", {}, {"count": 7}).load("test", Place(Path(), 9, 10, 1))
    assert first(images, 7).shape == (7, 9, 10, 1)
    assert first(images, 7).dtype == np.uint8


def test_bound_images_can_be_corrupted(tmp_path: Path) -> None:
    for number, side in enumerate((70, 90)):
        Image.fromarray(noisy(1, side, number).pixels[0]).save(tmp_path / f"{number}.png")
    found = resolve_dataset(f"corrupt:mine=folder:{tmp_path}:pixelate:4", {}, {})
    images = found.load("test", PLACE)
    assert found.name == "corrupt:mine:pixelate:4"
    assert images.note.endswith("pixelate of severity 4, ImageNet-C's constants")
    assert [image.shape for image in images.read(np.arange(2))] == [(70, 70, 3), (90, 90, 3)]
    assert images.sample_id(1) == "1.png"
    assert all(file.passes for file in found.status(Path()))


@pytest.mark.parametrize("text", ["corrupt:digits", "corrupt:digits:fog", "corrupt:digits:fog:x", "corrupt::fog:3"])
def test_another_form_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BenchError, match=r"Write corrupt:NAME:KIND:SEVERITY .* such as corrupt:cifar10:fog:3"):
        resolve_dataset(text, {}, {})


def test_unknown_parts_of_the_name_are_named() -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown corruption 'fogg'. Did you mean 'fog'"):
        resolve_dataset("corrupt:digits:fogg:3", {}, {})
    with pytest.raises(UnknownNameError, match="Unknown dataset 'digit'"):
        resolve_dataset("corrupt:digit:fog:3", {}, {})
    with pytest.raises(BenchError, match="severities 1 to 5, not 0"):
        resolve_dataset("corrupt:digits:fog:0", {}, {})


@pytest.mark.parametrize("kind", CORRUPTIONS.names())
def test_every_image_is_the_same_in_whatever_batch_it_is_read(kind: str) -> None:
    images = corrupted(noisy(), kind, 3)
    whole = first(images, 12)
    assert whole.dtype == np.uint8
    order = np.array([7, 3, 11, 3])
    assert np.array_equal(images.read(order), whole[order])
    assert np.array_equal(images.read(np.array([5]))[0], whole[5])
    assert np.array_equal(corrupted(noisy(), kind, 3).read(np.arange(12)), whole)


def test_the_draws_are_new_for_each_image_set_kind_and_severity() -> None:
    grey = np.full((3, 16, 16, 3), 128, np.uint8)
    plain, labelled = ArrayImages(grey), ArrayImages(grey, np.arange(3))
    seen = [corrupted(plain, "gaussian_noise", 2).read(np.array([index])) for index in range(3)]
    seen.append(corrupted(labelled, "gaussian_noise", 2).read(np.array([0])))
    seen.append(corrupted(plain, "shot_noise", 2).read(np.array([0])))
    for one in range(len(seen)):
        for other in range(one):
            assert not np.array_equal(seen[one], seen[other])


def test_the_identity_follows_parent_kind_severity_version_and_constants(monkeypatch: pytest.MonkeyPatch) -> None:
    parents = [noisy(), noisy(seed=1), noisy(side=65)]
    made = [corrupted(parent, kind, severity) for parent in parents for kind in ("fog", "snow") for severity in (1, 2)]
    identities = [one.identity for one in (*parents, *made)]
    assert len(set(identities)) == len(identities)
    assert corrupted(noisy(), "fog", 1).identity == corrupted(noisy(), "fog", 1).identity
    monkeypatch.setattr(CORRUPTIONS.get("fog"), "version", 2)
    assert corrupted(noisy(), "fog", 1).identity not in identities


def test_reading_is_lazy(monkeypatch: pytest.MonkeyPatch) -> None:
    images = load("corrupt:digits:glass_blur:5")
    monkeypatch.setattr(CORRUPTIONS.get("glass_blur"), "apply", None)
    assert len(images.identity) == 64
    with pytest.raises(TypeError):
        images.read(np.arange(1))


def test_a_corrupted_image_shows_the_picture_of_its_parent() -> None:
    images = load("corrupt:digits:snow:2")
    assert shared(images, load("digits")).all()
    assert shared(images, load("corrupt:digits:fog:4")).all()
    some = SubsetImages(load("digits"), np.arange(10, 30))
    assert np.array_equal(np.flatnonzero(shared(images, some)), np.arange(10, 30))
    assert not shared(images, load("glyphs")).any()


def test_images_that_are_held_out_are_corrupted_too() -> None:
    images = noisy()
    images.held_out = noisy(4, seed=5)
    found = corrupted(images, "contrast", 5)
    assert found.held_out is not None
    assert np.array_equal(
        found.held_out.read(np.arange(4)), corrupted(noisy(4, seed=5), "contrast", 5).read(np.arange(4))
    )


@given(severity=st.integers(1, 5), split=st.sampled_from(["train", "test"]))
def test_labels_stay(severity: int, split: str) -> None:
    clean = DATASETS.get("digits")().load(split, PLACE)
    found = resolve_dataset(f"corrupt:digits:contrast:{severity}", {}, {}).load(split, PLACE)
    assert found.labels is not None
    assert found.labels.tolist() == clean.labels.tolist()
    assert found.classes == clean.classes


def test_no_images_stay_no_images() -> None:
    assert len(corrupted(ArrayImages(np.zeros((0, 8, 8), np.uint8)), "fog", 1)) == 0


def test_a_corrupted_set_is_a_source_of_images_to_detect() -> None:
    [source] = open_sources(["corrupt:digits:fog:3"], PLACE, {})
    assert source.name(7) == "corrupt:digits:fog:3:7"
    assert source.images.identity == load("corrupt:digits:fog:3").identity
