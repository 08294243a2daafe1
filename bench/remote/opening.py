"""From what a user names, a folder or an address, to a folder of this machine."""

from __future__ import annotations

from pathlib import Path

from bench.address import Address, is_address
from bench.errors import BenchError

from .mirror import mirror_of


def fetched_folder(text: str | Path, *, whole: bool = True) -> Path:
    """The folder itself, or the working folder of an address, with what the address has of results.

    Not `whole`, it has what the state of a run is told by, without scores. Raises `BenchError` for what is no address,
    and where its store cannot be read.
    """
    if isinstance(text, str) and is_address(text):
        text = Address.parse(text).folder
    elif is_address(text):
        raise BenchError(f"'{text}' is an address that has become a path. Give it as a text.")
    folder = Path(text)
    mirror = mirror_of(folder)
    if mirror is not None:
        mirror.fetch(whole=whole)
    return folder
