"""Archives to files; damaged and hostile ones too."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from bench.data.unpack import unpack, unpacking
from bench.errors import BenchError

CONTENT = bytes(range(256)) * 50


def _tar(path: Path, mode: str, member: str = "in/a.bin") -> Path:
    with tarfile.open(path, mode) as packed:  # type: ignore[call-overload]
        info = tarfile.TarInfo(member)
        info.size = len(CONTENT)
        packed.addfile(info, io.BytesIO(CONTENT))
    return path


@pytest.mark.parametrize(("name", "mode"), [("a.tar", "w"), ("a.tar.gz", "w:gz")])
def test_tar(tmp_path: Path, name: str, mode: str) -> None:
    unpack(_tar(tmp_path / name, mode), tmp_path / "out")
    assert (tmp_path / "out" / "in" / "a.bin").read_bytes() == CONTENT


def test_zip(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.writestr("in/a.bin", CONTENT)
    unpack(tmp_path / "a.zip", tmp_path / "out")
    assert (tmp_path / "out" / "in" / "a.bin").read_bytes() == CONTENT


def test_gzip(tmp_path: Path) -> None:
    (tmp_path / "a-ubyte.gz").write_bytes(gzip.compress(CONTENT))
    unpack(tmp_path / "a-ubyte.gz", tmp_path / "out")
    assert (tmp_path / "out" / "a-ubyte").read_bytes() == CONTENT


@pytest.mark.parametrize("name", ["a.tar", "a.tar.gz", "a.zip", "a.gz"])
def test_rubbish_and_truncated_archives_are_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"rubbish" * 100)
    with pytest.raises(BenchError, match=name):
        unpack(path, tmp_path / "out")
    if name.endswith(".gz"):
        whole = _tar(path, "w:gz").read_bytes() if "tar" in name else gzip.compress(CONTENT)
        path.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(BenchError, match=name):
            unpack(path, tmp_path / "out")


@pytest.mark.parametrize("name", ["a.tar", "a.tar.gz", "a.zip", "a.gz"])
def test_a_full_disk_is_not_blamed_on_the_archive(
    tmp_path: Path, full_disk: Callable[[], AbstractContextManager[None]], name: str
) -> None:
    path = tmp_path / name
    if name == "a.gz":
        path.write_bytes(gzip.compress(CONTENT))
    elif name == "a.zip":
        with zipfile.ZipFile(path, "w") as packed:
            packed.writestr("in/a.bin", CONTENT)
    else:
        _tar(path, "w:gz" if name.endswith("gz") else "w")
    with full_disk(), pytest.raises(BenchError, match=r"Cannot unpack .*out: File too large\. Free space or") as caught:
        unpack(path, tmp_path / "out")
    assert "choose another folder with --data, and run the same command again" in str(caught.value)
    assert "fetch it again" not in str(caught.value)
    unpack(path, tmp_path / "out")
    [file] = [file for file in (tmp_path / "out").rglob("*") if file.is_file()]
    assert file.read_bytes() == CONTENT


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(BenchError, match=r"Cannot unpack .*into .*taken.*: .*\. Choose another folder with --data"):
        unpack(_tar(tmp_path / "a.tar", "w"), tmp_path / "taken" / "below")


def test_other_libraries_members_cannot_leave_the_folder_either(tmp_path: Path) -> None:
    """They may unpack without a filter, which Python 3.12 warns of."""
    path = _tar(tmp_path / "a.tar", "w", "../outside.bin")
    before = tarfile.TarFile.extraction_filter
    with pytest.raises(BenchError, match="outside"), unpacking(path, tmp_path / "out"), tarfile.open(path) as packed:
        packed.extractall(tmp_path / "out")  # noqa: S202 - that is what is tried
    assert not (tmp_path / "outside.bin").exists()
    assert tarfile.TarFile.extraction_filter is before


def test_a_python_that_cannot_filter_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _tar(tmp_path / "a.tar", "w")
    monkeypatch.delattr(tarfile, "data_filter")
    with pytest.raises(BenchError, match=r"cannot unpack .*a\.tar safely\. Use 3\.11\.4 or newer"):
        unpack(path, tmp_path / "out")


@pytest.mark.parametrize("member", ["../outside.bin", "/outside.bin"])
def test_members_cannot_leave_the_folder(tmp_path: Path, member: str) -> None:
    path = _tar(tmp_path / "a.tar", "w", member)
    if member.startswith(".."):
        with pytest.raises(BenchError, match="outside"):
            unpack(path, tmp_path / "out")
    else:
        unpack(path, tmp_path / "out")
    assert not (tmp_path / "outside.bin").exists()
    assert not Path("/outside.bin").exists()
