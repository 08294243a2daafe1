"""Tables with columns by name: which ones, numbers or names of classes, and rows that are wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.data.bindings import parse_binding, parse_bindings
from bench.data.bound import BoundSet
from bench.data.dataset import Place
from bench.data.images import Images
from bench.errors import BenchError

PIXELS = np.random.default_rng(0).integers(0, 256, (3, 4, 4, 3), dtype=np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    for name, pixels in zip("abc", PIXELS, strict=True):
        Image.fromarray(pixels).save(tmp_path / "images" / f"{name}.png")
    return tmp_path


def _load(folder: Path, text: str, **options: str) -> Images:
    (folder / "list.csv").write_text(text, encoding="utf-8")
    table = {"mine": {"csv": "list.csv", **options}}
    return BoundSet(parse_bindings(table, folder / "bench.toml")["mine"]).load("test", Place(Path()))


def test_columns_are_found_by_name_in_any_order(folder: Path) -> None:
    images = _load(folder, 'label, note ,path\n2,"x, y",images/c.png\n0,,images/a.png\n')
    assert images.labels is not None
    assert images.labels.tolist() == [2, 0]
    np.testing.assert_array_equal(images.read(np.arange(2)), PIXELS[[2, 0]])


def test_labels_may_be_names_of_classes(folder: Path) -> None:
    images = _load(folder, "path,label\nimages/a.png,dog\nimages/b.png,cat\nimages/c.png,dog\n")
    assert images.labels is not None
    assert (images.labels.tolist(), images.classes) == ([1, 0, 1], ("cat", "dog"))


def test_other_columns_and_another_root_can_be_named(folder: Path) -> None:
    images = _load(folder, "file,kind,path\na.png,1,?\nb.png,0,?\n", path="file", label="kind", root="images")
    assert images.labels is not None
    assert images.labels.tolist() == [1, 0]


def test_all_labels_minus_one_mean_ood(folder: Path) -> None:
    assert _load(folder, "path,label\nimages/a.png,-1\nimages/b.png,-1\n").labels is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("paths,label\nimages/a.png,1\n", r"no column 'path'. Did you mean 'paths'\? .* names: paths, label"),
        ("images/a.png,1\n", "no column 'path'"),
        ("", "no column 'path'.*none"),
        ("path,label\n", "names no images"),
        ("path,label\nimages/a.png,1\nimages/b.png,\n", "1 rows of .* have no label, the first is row 2"),
        ("path,label\nimages/a.png,1\nimages/b.png\n", "have no label, the first is row 2"),
        ("path,label\nimages/a.png,1\nimages/b.png,-1\n", "has the label -1"),
        ("path,label\nimages/a.png,1\n../b.png,1\n", r"Row 2 of .*'\.\./b\.png', which leads out"),
        ('path,label\n"images/a.png,1\n', "no table of comma-separated values"),
    ],
)
def test_wrong_tables_are_refused(folder: Path, text: str, message: str) -> None:
    with pytest.raises(BenchError, match=message):
        _load(folder, text)


def test_a_wrong_column_that_was_asked_for_is_named(folder: Path) -> None:
    with pytest.raises(BenchError, match=r"no column 'clas'\. Did you mean 'class'"):
        _load(folder, "path,class\nimages/a.png,1\n", label="clas")


def test_the_root_may_follow_an_at(folder: Path) -> None:
    (folder / "list.csv").write_text("path\na.png\n", encoding="utf-8")
    bound = BoundSet(parse_binding(f"mine=csv:{folder}/list.csv@{folder}/images"))
    np.testing.assert_array_equal(bound.load("test", Place(Path())).read(np.array([0])), PIXELS[:1])
