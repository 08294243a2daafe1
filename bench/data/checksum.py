"""Whether a file, or a folder of images, is as its checksum says.

A checksum is `md5:HEX` (or another of hashlib's), `size:BYTES`, or for a folder `images:COUNT`, followed by
` sha256:HEX` where more than the number is known: the SHA-256 of each image's name below the folder, a zero byte and
the SHA-256 of its bytes, in the order of names.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bench.errors import BenchError

from .dataset import FileStatus
from .download import file_digest


def checked(file: FileStatus, checksum: str | None) -> FileStatus:
    """`file` after it was read whole: `ok`, `corrupt`, or `unchecked` where the checksum says less than every byte."""
    if file.state == "missing":
        return file
    kind, _, value = (checksum or "none").partition(":")
    told = ""
    try:
        if kind == "images":
            told = _check_images(file.path, *value.split(" sha256:"))
        elif kind == "size":
            _require("size", file.path.stat().st_size, value)
            told = f"by its size only ({value} bytes)"
        elif kind == "none":
            told = "no checksum is known"
        else:
            _require(kind, file_digest(file.path, kind), value)
    except (BenchError, OSError) as error:
        return replace(file, state="corrupt", detail=str(error))
    if not told:
        return file
    return replace(file, state="unchecked", detail="; ".join(part for part in (file.detail, told) if part))


def _check_images(folder: Path, count: str, digest: str = "") -> str:
    """What an incomplete checksum leaves to say. Raises `BenchError` where the folder differs from it."""
    from .files import FileImages, find_images

    names = find_images(folder)
    _require("images", len(names), count)
    if not digest:
        return f"counted only ({len(names):,} images)"
    _require("sha256 of names and bytes", FileImages(folder, names).identity, digest)
    return ""


def _require(what: str, found: object, expected: str) -> None:
    if str(found) != expected:
        raise BenchError(f"{what}: {found} instead of {expected}")
