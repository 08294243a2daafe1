"""What is in the tar shards of a WebDataset: one pass over each, of which only places and digests are kept."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import groupby
from pathlib import PurePosixPath

from bench.errors import BenchError

from .class_order import label_number
from .decode import why_broken
from .files import SUFFIXES
from .shard import Shard

LARGEST = 1 << 28
"""Bytes that an image may have at most, so that a damaged header cannot ask for all memory."""

_LARGEST_LABEL = 1 << 10
_BLOCK = 512


@dataclass(frozen=True, slots=True)
class Sample:
    """An image in a shard: its bytes are the `size` from `offset` on, with the SHA-256 `digest`.

    `label` is None where the shard has none for it; `broken` says why it cannot be decoded, or is empty.
    """

    name: str
    offset: int
    size: int
    digest: bytes
    label: int | None
    broken: str


@dataclass
class _Member:
    """A file in a shard: the key and the extension that its name consists of, and what is kept of it."""

    key: str
    extension: str
    offset: int
    size: int
    digest: bytes = b""
    broken: str = ""
    text: bytes = b""

    @property
    def is_image(self) -> bool:
        return f".{self.extension.rpartition('.')[2]}" in SUFFIXES


def samples_in(shard: Shard) -> Iterator[Sample]:
    """The images of a shard in their order.

    Files that follow each other and have a name in common up to its first dot are one sample: `x.jpg`, `x.cls`. The
    first is the image; `cls` is the number of its class. Nothing is unpacked or unpickled; other files are left alone.

    Raises `BenchError` for what is no whole tar archive, for links, devices and names that lead elsewhere, and for a
    sample that has no image, several, or the key of an earlier one.
    """
    seen: set[str] = set()
    for key, group in groupby(_members(shard), lambda member: member.key):
        if key in seen:
            raise BenchError(f"The shard {shard.address} has two samples called '{key}'. Give each a name of its own.")
        seen.add(key)
        yield _sample(key, list(group), shard)
    if not seen:
        raise BenchError(f"The shard {shard.address} holds no images.")


def _sample(key: str, members: Iterable[_Member], shard: Shard) -> Sample:
    of = {member.extension: member for member in members}
    images = [member for member in of.values() if member.is_image]
    if len(images) != 1:
        names = ", ".join(f"{key}.{extension}" for extension in of)
        count = f"{len(images)} images" if images else "no image"
        raise BenchError(f"The sample '{key}' of the shard {shard.address} has {count}, but must have one: {names}.")
    [image] = images
    label = _label(of["cls"], shard) if "cls" in of else None
    name = f"{shard.name}/{key}.{image.extension}"
    return Sample(name, image.offset, image.size, image.digest, label, image.broken)


def _label(member: _Member, shard: Shard) -> int:
    text = member.text.decode("ascii", errors="replace").strip()
    label = label_number(text)
    if label is None:
        raise BenchError(
            f"The member {member.key}.cls of the shard {shard.address} must hold the number of a class from 0 on, not "
            f"'{text[:40]}'."
        )
    return label


def _members(shard: Shard) -> Iterator[_Member]:
    with shard.stream() as stream:
        try:
            # Forwards only, and uncompressed: so an address can be read as it comes, and later in pieces.
            with tarfile.open(fileobj=stream, mode="r|") as archive:
                for info in archive:
                    member = _checked(info, shard)
                    if member is None:
                        continue
                    if member.is_image or member.extension == "cls":
                        _look_into(member, archive, info)
                    yield member
                end = archive.offset
        except (tarfile.TarError, EOFError) as error:
            raise BenchError(
                f"{shard.address} is no whole, uncompressed tar archive: {error}. Decompress it, or make it again."
            ) from error
    # Python's reader takes damage between two members for the end.
    if shard.read(end, _BLOCK) != bytes(_BLOCK):
        raise BenchError(f"The shard {shard.address} is cut short or damaged: no end mark after {end:,} bytes.")


def _checked(info: tarfile.TarInfo, shard: Shard) -> _Member | None:
    """The member, or None for a folder and for what WebDataset leaves out too: hidden and nameless files."""
    path = PurePosixPath(info.name)
    if path.is_absolute() or ".." in path.parts:
        raise BenchError(f"The shard {shard.address} has a member '{info.name}', whose name leads elsewhere.")
    if info.isdir():
        return None
    if not info.isreg() or info.issparse():
        raise BenchError(f"The shard {shard.address} has a member '{info.name}' that is no plain file.")
    stem, dot, extension = path.name.partition(".")
    if not stem or not dot or stem.startswith("__"):
        return None
    return _Member((path.parent / stem).as_posix(), extension.lower(), info.offset_data, info.size)


def _look_into(member: _Member, archive: tarfile.TarFile, info: tarfile.TarInfo) -> None:
    if info.size > (LARGEST if member.is_image else _LARGEST_LABEL):
        raise BenchError(f"The member '{info.name}' has {info.size:,} bytes, which is too much for what it is called.")
    file = archive.extractfile(info)
    content = b"" if file is None else file.read()
    if member.is_image:
        member.digest, member.broken = hashlib.sha256(content).digest(), why_broken(BytesIO(content))
    else:
        member.text = content
