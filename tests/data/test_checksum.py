"""Checksums of files and folders: what they notice, and what they say where they cannot tell."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from PIL import Image

from bench.data.checksum import checked
from bench.data.dataset import FileStatus


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for place, name in enumerate(("b/2.png", "b/10.png", "a.JPEG")):
        path = tmp_path / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), (place, 0, 0)).save(path)
    (tmp_path / "images" / "readme.txt").write_text("no image")
    return tmp_path / "images"


def checksum(folder: Path) -> str:
    """As documented, written out."""
    parts = [
        name.encode() + b"\0" + hashlib.sha256((folder / name).read_bytes()).digest()
        for name in ("a.JPEG", "b/10.png", "b/2.png")
    ]
    return f"images:3 sha256:{hashlib.sha256(b''.join(parts)).hexdigest()}"


def check(path: Path, expected: str | None) -> tuple[str, str]:
    found = checked(FileStatus(path, "ok"), expected)
    assert found.passes == (found.state != "corrupt")
    return found.state, found.detail


def test_an_undamaged_folder_is_ok(folder: Path) -> None:
    assert check(folder, checksum(folder)) == ("ok", "")
    (folder / "readme.txt").write_text("another text")
    assert check(folder, checksum(folder)) == ("ok", "")


@pytest.mark.parametrize("damage", ["altered", "truncated", "renamed"])
def test_a_damaged_image_among_many_is_noticed(folder: Path, damage: str) -> None:
    expected, path = checksum(folder), folder / "b" / "2.png"
    content = path.read_bytes()
    if damage == "altered":
        path.write_bytes(content[:-20] + bytes([content[-20] ^ 1]) + content[-19:])
    elif damage == "truncated":
        path.write_bytes(content[:-1])
    else:
        path.rename(folder / "b" / "3.png")
    state, detail = check(folder, expected)
    assert state == "corrupt"
    assert detail.startswith("sha256 of names and bytes: ")
    assert detail.endswith(f" instead of {expected[-64:]}")


def test_a_missing_image_is_said_as_such(folder: Path) -> None:
    expected = checksum(folder)
    (folder / "a.JPEG").unlink()
    assert check(folder, expected) == ("corrupt", "images: 2 instead of 3")
    assert check(folder, "images:3") == ("corrupt", "images: 2 instead of 3")


def test_what_was_only_counted_or_measured_is_not_called_ok(folder: Path) -> None:
    assert check(folder, "images:3") == ("unchecked", "counted only (3 images)")
    path = folder / "readme.txt"
    assert check(path, "size:8") == ("unchecked", "by its size only (8 bytes)")
    assert check(path, "size:9") == ("corrupt", "size: 8 instead of 9")
    assert check(path, None) == ("unchecked", "no checksum is known")
    derived = checked(FileStatus(folder, "ok", "from which it is derived"), "images:3")
    assert derived.detail == "from which it is derived; counted only (3 images)"


def test_digests_of_files_are_compared(folder: Path) -> None:
    path = folder / "readme.txt"
    digest = hashlib.md5(b"no image", usedforsecurity=False).hexdigest()
    assert check(path, f"md5:{digest}") == ("ok", "")
    assert check(path, "md5:0") == ("corrupt", f"md5: {digest} instead of 0")


def test_what_cannot_be_read_is_corrupt_and_what_is_missing_stays_so(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert check(tmp_path / "empty", "images:3")[1].startswith("There is no image below")
    assert check(folder, "md5:0")[0] == "corrupt"
    absent = FileStatus(tmp_path / "absent", "missing")
    assert checked(absent, "images:3") == absent
