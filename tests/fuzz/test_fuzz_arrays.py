"""Malformed NumPy archives and score files."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.data.images import ArrayImages
from bench.data.npz import open_npz
from bench.errors import BenchError
from bench.metrics.score_files import read_scores
from tests.fuzz.hostile import TEXTS, mutated_bytes
from tests.fuzz.survive import budget, nothing_outside, survives


def npz(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def npy_claiming(description: str, content: bytes = b"") -> bytes:
    """A .npy file whose header is this text."""
    text = description.encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + content


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


IMAGES = npz(images=np.zeros((3, 4, 4, 3), np.uint8), labels=np.arange(3))
HEADERS = (
    "{'descr': '|u1', 'fortran_order': False, 'shape': (1000000000000, 8, 8), }",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (-1, 8, 8), }",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (9223372036854775807, 9223372036854775807), }",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (True, 8, 8), }",
    "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
    "{'descr': '<U1000000000', 'fortran_order': False, 'shape': (3,), }",
    "{'descr': [('a', '<f8'), ('b', '|u1', (2, 2))], 'fortran_order': False, 'shape': (1, 1, 1), }",
    "{'descr': 'M8[ns]', 'fortran_order': False, 'shape': (1, 1, 1), }",
    "{'descr': 7, 'fortran_order': False, 'shape': (1, 1, 1), }",
    "{'descr': '|u1', 'fortran_order': 3, 'shape': (1, 1, 1), }",
    "(" * 3000,
    "{" * 200,
    "__import__('os').system('true')",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (1L, 2L, 3L), }",
    "'''",
    "\\",
)


@budget(60)
@given(content=mutated_bytes(IMAGES))
def test_npz(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(content)
    with nothing_outside(tmp_path):
        found = survives(lambda: open_npz(path))
    if isinstance(found, ArrayImages):
        assert found.pixels.ndim in (3, 4)


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("kind", ["npz", "npy"])
def test_headers_that_lie(tmp_path: Path, header: str, kind: str) -> None:
    content = npy_claiming(header, bytes(64))
    path = tmp_path / f"a.{kind}"
    path.write_bytes(zipped({"images.npy": content}) if kind == "npz" else content)
    found = survives(lambda: open_npz(path) if kind == "npz" else read_scores(path))
    assert isinstance(found, BenchError)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((0, 4, 4), np.uint8), np.zeros((3, 0, 4), np.uint8), np.zeros((2, 2, 2, 2, 2), np.uint8),
        np.full((1, 2, 2), np.nan), np.full((1, 2, 2), np.inf), np.zeros((1, 2, 2), np.complex128),
        np.zeros((1, 2, 2), bool), np.zeros((1, 2, 2), "U3"), np.zeros((1, 2, 2), "M8[s]"), np.array(3),
        np.zeros((1, 2, 2), [("a", "f8")]), np.zeros((1, 2, 2), np.int64), np.full((1, 2, 2), 2.0),
        np.zeros((1, 2, 2), np.uint32), np.zeros((1, 2, 2, 5), np.uint8),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)  # fmt: skip
def test_arrays_that_are_no_images(tmp_path: Path, array: np.ndarray) -> None:
    (tmp_path / "a.npz").write_bytes(npz(images=array))
    assert isinstance(survives(lambda: open_npz(tmp_path / "a.npz")), BenchError)


@pytest.mark.parametrize(
    "labels",
    [np.array([0, 1, -1]), np.array([0.0, 1.0, 2.0]), np.array([0, 1]), np.array([2**64 - 1, 0, 0], np.uint64),
     np.array(["a", "b", "c"]), np.zeros((3, 1), int), np.array(3)],
    ids=str,
)  # fmt: skip
def test_labels_that_are_none(tmp_path: Path, labels: np.ndarray) -> None:
    (tmp_path / "a.npz").write_bytes(npz(images=np.zeros((3, 2, 2), np.uint8), labels=labels))
    assert isinstance(survives(lambda: open_npz(tmp_path / "a.npz")), BenchError)


@pytest.mark.parametrize("name", ["images", "images.txt", "../images.npy", "/images.npy", "a\\b.npy"])
def test_archives_with_other_members(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.npz").write_bytes(zipped({name: b"no array"}))
    with nothing_outside(tmp_path):
        assert isinstance(survives(lambda: open_npz(tmp_path / "a.npz")), BenchError)


@pytest.mark.parametrize(("place", "value"), [(0, 1), (2, 98), (2, 12), (2, 14)], ids=["encrypted", "ppmd", "bz", "lz"])
def test_an_archive_that_is_encrypted_or_packed_otherwise(tmp_path: Path, place: int, value: int) -> None:
    content = bytearray(IMAGES)
    for start in range(len(content) - 4):
        if content[start : start + 4] == b"PK\x03\x04":
            content[start + 6 + place] = value
        if content[start : start + 4] == b"PK\x01\x02":
            content[start + 8 + place] = value
    (tmp_path / "a.npz").write_bytes(bytes(content))
    assert isinstance(survives(lambda: open_npz(tmp_path / "a.npz")), BenchError)


def test_an_archive_that_unpacks_to_more_than_there_is_memory(tmp_path: Path) -> None:
    """Its header and its size agree; the zeros behind it are not there, so that the test is quick."""
    header = npy_claiming("{'descr': '|u1', 'fortran_order': False, 'shape': (4000000, 1024, 1024), }")
    content = zipped({"images.npy": header})
    place = content.index(b"PK\x01\x02")
    size = 4_000_000 * 1024 * 1024 + len(header)
    longer = content[place : place + 46 + len("images.npy")]
    entry = bytearray(longer + b"\x01\x00\x08\x00" + size.to_bytes(8, "little"))
    entry[24:28], entry[30:32] = b"\xff" * 4, (12).to_bytes(2, "little")
    end = bytearray(content[place + len(longer) :])
    end[12:16] = len(entry).to_bytes(4, "little")
    (tmp_path / "a.npz").write_bytes(content[:place] + bytes(entry) + bytes(end))
    found = survives(lambda: open_npz(tmp_path / "a.npz"))
    assert isinstance(found, BenchError)
    assert "of memory are free" in str(found)


@budget(40)
@given(content=mutated_bytes(npy(np.linspace(0, 1, 20))))
def test_npy_scores(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.npy"
    path.write_bytes(content)
    found = survives(lambda: read_scores(path))
    if isinstance(found, np.ndarray):
        assert np.isfinite(found).all()
        assert found.ndim == 1


@budget(40)
@given(
    kind=st.sampled_from(["csv", "txt"]),
    content=st.one_of(
        mutated_bytes(b"name,score\na,0.5\nb,1e3\n"),
        mutated_bytes(b"# scores\n0.5\n1.5\n"),
        st.lists(st.sampled_from(TEXTS), max_size=5).map(lambda lines: "\n".join(["score", *lines]).encode()),
    ),
)
def test_score_texts(tmp_path: Path, kind: str, content: bytes) -> None:
    path = tmp_path / f"a.{kind}"
    path.write_bytes(content)
    found = survives(lambda: read_scores(path))
    if isinstance(found, np.ndarray):
        assert np.isfinite(found).all()
        assert found.size
