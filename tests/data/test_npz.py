"""Images in NumPy archives: what is accepted, and what is refused with which words."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.data.npz import open_npz
from bench.errors import BenchError

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 4, 5, 3), dtype=np.uint8)


def _save(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


def test_images_and_labels_are_read(tmp_path: Path) -> None:
    found = open_npz(_save(tmp_path / "a.npz", images=PIXELS, labels=np.arange(6, dtype=np.uint8)), note="hello")
    np.testing.assert_array_equal(found.read(np.arange(6)), PIXELS)
    np.testing.assert_array_equal(found.labels, np.arange(6))
    assert found.labels is not None
    assert found.labels.dtype == np.int64
    assert found.note == "hello"


def test_the_only_array_may_have_any_name(tmp_path: Path) -> None:
    found = open_npz(_save(tmp_path / "a.npz", x=PIXELS[..., 0]))
    np.testing.assert_array_equal(found.read(np.arange(6)), PIXELS[..., 0])
    assert found.labels is None


def test_other_arrays_beside_images_are_left_alone(tmp_path: Path) -> None:
    hostile = np.array([{"an": "object"}], dtype=object)
    assert len(open_npz(_save(tmp_path / "a.npz", images=PIXELS, extra=hostile))) == 6


def test_one_image_is_a_set(tmp_path: Path) -> None:
    assert len(open_npz(_save(tmp_path / "a.npz", images=PIXELS[:1]))) == 1


@pytest.mark.parametrize("dtype", ["<u2", ">u2"])
def test_sixteen_bits_in_either_byte_order(tmp_path: Path, dtype: str) -> None:
    deep = (PIXELS.astype(dtype) * 257).astype(dtype)
    found = np.asarray(open_npz(_save(tmp_path / "a.npz", images=deep)).read(np.arange(6)))
    assert found.dtype == np.uint16
    assert found.dtype.isnative
    np.testing.assert_array_equal(found, PIXELS.astype(int) * 257)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", ">f4"])
def test_floating_point_comes_as_float32(tmp_path: Path, dtype: str) -> None:
    unit = (PIXELS / 255).astype(dtype)
    found = np.asarray(open_npz(_save(tmp_path / "a.npz", images=unit)).read(np.arange(6)))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, unit.astype(np.float32))


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no images": ({"a": PIXELS, "b": PIXELS}, "arrays a, b|arrays b, a|has the arrays"),
    "empty": ({"images": PIXELS[:0]}, "holds no images"),
    "flat": ({"images": PIXELS.reshape(6, -1)}, r"shape \(6, 60\)"),
    "five axes": ({"images": PIXELS[None]}, "shape"),
    "two channels": ({"images": PIXELS[..., :2]}, "1, 3 or 4"),
    "channels first": ({"images": PIXELS.transpose(0, 3, 1, 2)}, "channels-first"),
    "no pixels": ({"images": PIXELS[:, :0]}, "shape"),
    "int64": ({"images": PIXELS.astype(np.int64)}, "type int64"),
    "bool": ({"images": PIXELS > 127}, "type bool"),
    "text": ({"images": np.full((2, 2, 2), "a")}, "type <U1"),
    "float 0 to 255": ({"images": PIXELS.astype(np.float32)}, "Divide them by 255"),
    "negative": ({"images": PIXELS / -255.0}, r"\[0, 1\]"),
    "nan": ({"images": np.full((2, 2, 2), np.nan)}, r"\[0, 1\]"),
    "too few labels": ({"images": PIXELS, "labels": np.arange(5)}, "6 whole numbers"),
    "one-hot labels": ({"images": PIXELS, "labels": np.eye(6, dtype=int)}, "6 whole numbers"),
    "float labels": ({"images": PIXELS, "labels": np.arange(6.0)}, "6 whole numbers"),
    "negative labels": ({"images": PIXELS, "labels": np.arange(6) - 1}, "6 whole numbers"),
}


@pytest.mark.parametrize("case", BAD)
def test_wrong_arrays_are_refused_naming_the_file(tmp_path: Path, case: str) -> None:
    arrays, message = BAD[case]
    path = _save(tmp_path / "bad.npz", **arrays)
    with pytest.raises(BenchError, match=message) as caught:
        open_npz(path)
    assert str(path) in str(caught.value)


class _Bomb:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> Any:
        return Path.touch, (self.target,)


@pytest.mark.parametrize("key", ["images", "labels", "anything"])
def test_pickled_objects_are_refused_and_not_run(tmp_path: Path, key: str) -> None:
    arrays: dict[str, Any] = {key: np.array([_Bomb(tmp_path / "ran")], dtype=object)}
    if key == "labels":
        arrays["images"] = PIXELS
    path = _save(tmp_path / "bad.npz", **arrays)
    with pytest.raises(BenchError, match=r"bad\.npz.*pickled objects"):
        open_npz(path)
    assert not (tmp_path / "ran").exists()


def test_a_bare_pickle_is_refused_and_not_run(tmp_path: Path) -> None:
    path = tmp_path / "bad.npz"
    path.write_bytes(pickle.dumps(_Bomb(tmp_path / "ran")))
    with pytest.raises(BenchError, match=r"bad\.npz"):
        open_npz(path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("content", [b"", b"rubbish", b"PK\x03\x04rubbish"])
def test_files_that_are_no_archives_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.npz"
    path.write_bytes(content)
    with pytest.raises(BenchError, match=r"bad\.npz"):
        open_npz(path)


def test_a_truncated_archive_and_a_single_array_are_refused(tmp_path: Path) -> None:
    path = _save(tmp_path / "a.npz", images=PIXELS)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(BenchError, match=r"a\.npz"):
        open_npz(path)
    with (tmp_path / "b.npz").open("wb") as file:
        np.save(file, PIXELS)
    with pytest.raises(BenchError, match="single array"):
        open_npz(tmp_path / "b.npz")


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="no file"):
        open_npz(tmp_path / "absent.npz")
