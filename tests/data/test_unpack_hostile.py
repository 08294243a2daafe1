"""Archives that were made to do harm: names and links that lead out, devices, and bombs."""

from __future__ import annotations

import io
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.data.unpack import unpack
from bench.errors import BenchError

Members = list[tuple[str, dict[str, Any], bytes]]
LINK, HARD, FOLDER = tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE


def tar(path: Path, members: Members) -> Path:
    with tarfile.open(path, "w:gz" if path.name.endswith("gz") else "w") as packed:
        for name, facts, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            for key, value in facts.items():
                setattr(info, key, value)
            packed.addfile(info, io.BytesIO(content))
    return path


def deep_links() -> Members:
    """Links through folders with long names, behind which a path is too long to be resolved and so not looked at.

    With these, files were written outside by Python's own filter (CVE-2025-4517).
    """
    members: Members = []
    way = ""
    for letter in "abcdefghijklmnop":
        name = "d" * 247
        members += [(f"{way}{name}", {"type": FOLDER}, b""), (f"{way}{letter}", {"type": LINK, "linkname": name}, b"")]
        way += f"{name}/"
    short = "/".join("abcdefghijklmnop")
    long = f"{short}/{'l' * 254}"
    return [
        *members,
        (long, {"type": LINK, "linkname": "../" * 16}, b""),
        ("escape", {"type": LINK, "linkname": f"{long}/.."}, b""),
        ("escape/outside", {}, b"harm"),
    ]


HOSTILE: dict[str, Members] = {
    "a name that leads up": [("../outside", {}, b"harm")],
    "a name that leads up later": [("in/../../outside", {}, b"harm")],
    "a link out, and a file behind it": [("l", {"type": LINK, "linkname": ".."}, b""), ("l/outside", {}, b"harm")],
    "a link to an absolute place": [("l", {"type": LINK, "linkname": "/etc"}, b"")],
    "a link of links": [
        ("a", {"type": FOLDER}, b""),
        ("a/b", {"type": LINK, "linkname": "../.."}, b""),
        ("a/b/outside", {}, b"harm"),
    ],
    "a hard link to a file outside": [("h", {"type": HARD, "linkname": "../secret"}, b"")],
    "a hard link to an absolute file": [("h", {"type": HARD, "linkname": "/etc/hostname"}, b"")],
    "a block device": [("dev", {"type": tarfile.BLKTYPE, "devmajor": 8}, b"")],
    "a character device": [("dev", {"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 3}, b"")],
    "a pipe": [("pipe", {"type": tarfile.FIFOTYPE}, b"")],
    "links too deep to be resolved": deep_links(),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
@pytest.mark.parametrize("file", ["a.tar", "a.tar.gz"])
def test_nothing_gets_out_of_the_folder(tmp_path: Path, name: str, file: str) -> None:
    (tmp_path / "secret").write_text("secret")
    path = tar(tmp_path / file, HOSTILE[name])
    before = {one.name for one in tmp_path.iterdir()}
    with pytest.raises(BenchError, match=r"a\.tar"):
        unpack(path, tmp_path / "out" / "in")
    assert {one.name for one in tmp_path.iterdir()} == {*before, "out"}
    assert [one.name for one in (tmp_path / "out").iterdir()] == ["in"]
    assert (tmp_path / "secret").read_text() == "secret"
    assert not any(one.is_block_device() or one.is_char_device() or one.is_fifo() for one in tmp_path.rglob("*"))


def test_programs_do_not_keep_the_rights_of_another_user(tmp_path: Path) -> None:
    unpack(tar(tmp_path / "a.tar", [("tool", {"mode": 0o6777}, b"x")]), tmp_path / "out")
    assert (tmp_path / "out" / "tool").stat().st_mode & 0o7022 == 0


def test_links_beside_are_kept(tmp_path: Path) -> None:
    path = tar(tmp_path / "a.tar", [("in/a", {}, b"content"), ("in/b", {"type": LINK, "linkname": "a"}, b"")])
    unpack(path, tmp_path / "out")
    assert (tmp_path / "out" / "in" / "b").read_bytes() == b"content"


@pytest.mark.parametrize("name", ["../outside", "/outside", "a/../../outside", "C:\\outside", "..\\outside"])
def test_zip_members_stay_inside(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.writestr(name, b"harm")
    unpack(tmp_path / "a.zip", tmp_path / "out" / "in")
    assert {one.name for one in tmp_path.iterdir()} == {"a.zip", "out"}
    assert [one.name for one in (tmp_path / "out").iterdir()] == ["in"]


def test_links_in_a_zip_are_files(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        info = zipfile.ZipInfo("link")
        info.external_attr = 0o120777 << 16
        packed.writestr(info, "../../secret")
    unpack(tmp_path / "a.zip", tmp_path / "out")
    assert not (tmp_path / "out" / "link").is_symlink()


def _zip_of(content: bytes, copies: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for copy in range(copies):
            packed.writestr(f"{copy}.bin", content)
    return file.getvalue()


def _zip_that_overlaps() -> bytes:
    """Many names for the bytes of one member, as in the zip bombs that need no recursion."""
    whole = _zip_of(bytes(4_000_000), 1)
    place = whole.index(b"PK\x01\x02")
    entry, end = whole[place : whole.index(b"PK\x05\x06")], bytearray(whole[whole.index(b"PK\x05\x06") :])
    end[8:12] = (20).to_bytes(2, "little") * 2
    end[12:16] = (20 * len(entry)).to_bytes(4, "little")
    return whole[:place] + entry * 20 + bytes(end)


def _gzip_of_zeros(size: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    block = bytes(1 << 20)
    return b"".join([*(packer.compress(block) for _ in range(size >> 20)), packer.flush()])


def _tar_of_zeros(name: str, kind: bytes) -> bytes:
    """A packed tar file with one member of 40 MB, which may be a header that gives the next one its name."""
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, 40 << 20
    packer = zlib.compressobj(9, wbits=31)
    return b"".join([*map(packer.compress, [info.tobuf(), *[bytes(1 << 20)] * 40]), packer.flush()])


BOMBS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a zip of zeros": ("a.zip", lambda: _zip_of(bytes(4_000_000), 10)),
    "a zip whose members overlap": ("a.zip", _zip_that_overlaps),
    "a gzip of zeros": ("a.gz", lambda: _gzip_of_zeros(40 << 20)),
    "a tar of zeros": ("a.tar.gz", lambda: _tar_of_zeros("zeros.bin", tarfile.REGTYPE)),
    "a tar whose header does not end": ("a.tar.gz", lambda: _tar_of_zeros("././@LongLink", tarfile.GNUTYPE_LONGNAME)),
}


@pytest.mark.parametrize("name", sorted(BOMBS))
def test_bombs_are_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """With smaller limits than there are, so that the bombs can be small."""
    monkeypatch.setattr("bench.data.unpack._AT_LEAST", 1 << 22)
    monkeypatch.setattr("bench.data.bounded._AT_ONCE", 1 << 20)
    file, made = BOMBS[name]
    (tmp_path / file).write_bytes(made())
    with pytest.raises(BenchError, match=r"is not unpacked|Cannot unpack"):
        unpack(tmp_path / file, tmp_path / "out")
    written = sum(one.stat().st_size for one in (tmp_path / "out").rglob("*") if one.is_file())
    assert written <= 6 << 20
