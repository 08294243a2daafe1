"""A file of which only so much is read, whatever it unpacks to."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Protocol

from bench.errors import BenchError

_AT_ONCE = 1 << 26
"""Bytes that may be asked for in one piece: more are wanted only by headers that lie about their length."""


class Content(Protocol):
    """What is read: a file, or what unpacks one."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes."""
        ...

    def seek(self, offset: int, whence: int = ..., /) -> int:
        """Go to a place."""
        ...

    def tell(self) -> int:
        """The place."""
        ...


class Bounded(io.RawIOBase):
    """The unpacked content `file` of an `archive`, for reading and seeking.

    Raises `BenchError` naming the archive where more than `most` bytes are reached, or too many are wanted at once.
    """

    def __init__(self, file: Content, archive: Path, most: int) -> None:
        self.file, self.archive, self.most = file, archive, most

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes."""
        if not 0 <= size <= _AT_ONCE:
            raise BenchError(f"{self.archive} is not unpacked: a header in it says that it has {size:,} bytes.")
        content = self.file.read(size)
        self._require_few()
        return content

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place; returns it."""
        if whence == io.SEEK_SET and offset > self.most:
            self._refuse()
        place = self.file.seek(offset, whence)
        self._require_few()
        return place

    def tell(self) -> int:
        """The place in the content."""
        return self.file.tell()

    def _require_few(self) -> None:
        if self.file.tell() > self.most:
            self._refuse()

    def _refuse(self) -> None:
        raise BenchError(
            f"{self.archive} is not unpacked any further: more than {self.most:,} bytes would come of it, and images "
            "do not shrink that far. Unpack it by hand if you know what it is."
        )
