"""Which files and folders decide what a data set's images are."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.data.dataset import DataSet, Place
from bench.data.resolve import resolve_dataset

Opened = Callable[[Path], AbstractContextManager[set[Path]]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path in ("images/train/a/1.png", "images/train/b/2.png", "images/test/a/3.png", "images/test/b/4.png"):
        (tmp_path / path).parent.mkdir(parents=True)
        Image.fromarray(np.full((8, 8, 3), len(path), np.uint8)).save(tmp_path / path)
    np.savez(tmp_path / "images.npz", images=np.zeros((3, 8, 8), np.uint8))
    (tmp_path / "list.txt").write_text("images/test/a/3.png -1\n")
    return tmp_path


def resolved(text: str) -> DataSet:
    return resolve_dataset(text, {}, {})


@pytest.mark.parametrize(
    ("text", "split"),
    [
        ("mine=folder:{}/images", "test"), ("mine=folder:{}/images", "train"), ("mine=npz:{}/images.npz", "test"),
        ("corrupt:mine=folder:{}/images:fog:1", "test"),
    ],
)  # fmt: skip
def test_nothing_else_is_read(folder: Path, opened_below: Opened, text: str, split: str) -> None:
    data_set = resolved(text.format(folder))
    sources = data_set.sources(split, folder)
    with opened_below(folder) as opened:
        assert data_set.load(split, Place(folder)).identity
    assert opened
    assert sources is not None
    assert {path for path in opened if not any(path.is_relative_to(one) for one in sources)} == set()


def test_a_folder_counts_as_a_whole_since_its_parts_say_what_the_splits_are(folder: Path) -> None:
    assert resolved(f"mine=folder:{folder}/images").sources("test", folder) == [folder / "images"]


def test_sets_that_are_computed_have_none(tmp_path: Path) -> None:
    assert resolved("uniform").sources("test", tmp_path) == []
    assert resolved("digits-0to6").sources("train", tmp_path) == []


def test_where_it_is_not_known_it_is_said(folder: Path) -> None:
    assert resolved(f"mine=imglist:{folder}/list.txt").sources("test", folder) is None
