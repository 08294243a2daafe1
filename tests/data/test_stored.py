"""A set kept as files: fetched, checked, mended, from a real server on this machine."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.data.dataset import Place
from bench.data.download import Archive
from bench.data.images import ArrayImages, Images
from bench.data.stored import StoredSet
from bench.errors import BenchError, MissingDataError, UnknownNameError

FILES = {"set/a.bin": b"a" * 100, "set/b.bin": b"b" * 50}


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as packed:
        for name, content in FILES.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            packed.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


class Bytes(StoredSet):
    name = "bytes"
    counts = {"train": 100, "test": 50}  # noqa: RUF012
    by_hand = "Unpack set.tar.gz in {root}."
    files = {"train": ("set/a.bin",), "test": ("set/b.bin",)}  # noqa: RUF012
    checksums = {"set/a.bin": f"md5:{_md5(FILES['set/a.bin'])}", "set/b.bin": "size:50"}  # noqa: RUF012

    def read(self, split: str, root: Path) -> Images:
        content = (root / self.files[split][0]).read_bytes()
        if content.startswith(b"?"):
            raise ValueError("a question mark")
        return ArrayImages(np.frombuffer(content, dtype=np.uint8).reshape(-1, 1, 1))


@pytest.fixture
def served(server: Any) -> type[Bytes]:
    server.content = _tar()

    class Served(Bytes):
        download_bytes = len(server.content)
        archives = (Archive(f"{server.url}/set.tar.gz", "set.tar.gz", _md5(server.content), len(server.content), "."),)

    return Served


def _quiet(_: str) -> None:
    pass


def test_fetching_brings_every_file_and_then_nothing_more(served: type[Bytes], server: Any, tmp_path: Path) -> None:
    data_set = served()
    said: list[str] = []
    data_set.fetch(tmp_path, said.append)
    assert "Downloading" in said[0]
    assert [file.state for file in data_set.verify(tmp_path)] == ["ok", "unchecked"]
    assert len(data_set.load("train", Place(tmp_path))) == 100
    data_set.fetch(tmp_path, said.append)
    assert said[-1] == f"bytes is complete below {tmp_path}."
    assert len(server.requests) == 1


@pytest.mark.parametrize("damage", ["missing", "changed", "cut"])
def test_a_damaged_file_is_noticed_and_mended(served: type[Bytes], server: Any, tmp_path: Path, damage: str) -> None:
    data_set = served()
    data_set.fetch(tmp_path, _quiet)
    path = tmp_path / ("set/b.bin" if damage == "cut" else "set/a.bin")
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(b"z" * (10 if damage == "cut" else 100))
    states = {file.path: file.state for file in data_set.verify(tmp_path)}
    assert states.pop(path) == ("missing" if damage == "missing" else "corrupt")
    assert set(states.values()) <= {"ok", "unchecked"}
    data_set.fetch(tmp_path, _quiet)
    assert all(file.passes for file in data_set.verify(tmp_path))
    assert len(server.requests) == 1


def test_a_damaged_archive_is_fetched_again(served: type[Bytes], server: Any, tmp_path: Path) -> None:
    (tmp_path / "set.tar.gz").write_bytes(server.content[:-30])
    served().fetch(tmp_path, _quiet)
    assert all(file.passes for file in served().verify(tmp_path))


def test_what_was_unpacked_can_be_put_in_its_place(served: type[Bytes], tmp_path: Path) -> None:
    class Moved(served):  # type: ignore[misc, valid-type]
        files = {"train": ("a.bin",), "test": ("set/b.bin",)}  # noqa: RUF012

        def arrange(self, root: Path) -> None:
            (root / "set/a.bin").rename(root / "a.bin")

    Moved().fetch(tmp_path, _quiet)
    assert len(Moved().load("train", Place(tmp_path))) == 100


def test_an_archive_of_other_content_is_an_error(served: type[Bytes], tmp_path: Path) -> None:
    class Other(served):  # type: ignore[misc, valid-type]
        checksums = {"set/a.bin": f"md5:{_md5(b'other')}"}  # noqa: RUF012

    with pytest.raises(BenchError, match=r"a\.bin is corrupt after the download.*md5"):
        Other().fetch(tmp_path, _quiet)


def test_what_cannot_be_downloaded_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=f"cannot be downloaded. Unpack set.tar.gz in {tmp_path}"):
        Bytes().fetch(tmp_path, _quiet)
    with pytest.raises(MissingDataError, match=f"Unpack set.tar.gz in {tmp_path}") as caught:
        Bytes().load("test", Place(tmp_path))
    assert "bench data fetch" not in str(caught.value)


def test_a_split_needs_only_its_own_files(served: type[Bytes], tmp_path: Path) -> None:
    served().fetch(tmp_path, _quiet)
    (tmp_path / "set/a.bin").unlink()
    assert len(served().load("test", Place(tmp_path))) == 50
    with pytest.raises(MissingDataError, match=r"a\.bin.*bench data fetch bytes --data"):
        served().load("train", Place(tmp_path))
    with pytest.raises(UnknownNameError, match="split of bytes 'val'"):
        served().load("val", Place(tmp_path))


def test_unreadable_content_says_how_to_mend_it(served: type[Bytes], tmp_path: Path) -> None:
    served().fetch(tmp_path, _quiet)
    (tmp_path / "set/b.bin").write_bytes(b"?")
    with pytest.raises(BenchError, match=r"cannot be read \(a question mark\)\. Type: bench data fetch bytes"):
        served().load("test", Place(tmp_path))
