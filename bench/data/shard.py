"""A tar archive that is read from its beginning to its end once, and then in pieces: a file, or an https address."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from bench.errors import BenchError

from .download import open_securely


class Shard:
    """The archive at `address`, a path or an https address; nothing of it is kept."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.is_remote = "://" in address

    @property
    def name(self) -> str:
        """The last part of the address."""
        return self.address.rpartition("/")[2]

    @contextmanager
    def stream(self) -> Iterator[BinaryIO]:
        """All of it, to be read once and in order. Raises `BenchError` where that fails."""
        with self._failures():
            if self.is_remote:
                with open_securely(self.address) as response:
                    yield cast(BinaryIO, response)
            else:
                with Path(self.address).open("rb") as file:
                    yield file

    def read(self, offset: int, size: int) -> bytes:
        """`size` bytes from `offset` on, fewer where it ends before. Raises `BenchError` where that fails."""
        with self._failures():
            if not self.is_remote:
                with Path(self.address).open("rb") as file:
                    file.seek(offset)
                    return file.read(size)
            with open_securely(self.address, {"Range": f"bytes={offset}-{offset + size - 1}"}) as response:
                if response.status != http.client.PARTIAL_CONTENT:
                    raise BenchError(
                        f"The server of {self.address} does not send parts of files, which are read batch by batch. "
                        "Fetch the shards and name the files."
                    )
                return response.read(size)

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except (OSError, http.client.HTTPException) as error:
            raise BenchError(f"Cannot read the shard {self.address}: {error}.") from error
