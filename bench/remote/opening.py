"""From what a user names, a folder or an address, to a folder of this machine."""

from __future__ import annotations

from pathlib import Path

from bench.address import Address, is_address
from bench.errors import BenchError
from bench.wording import counted

from .mirror import mirror_of
from .names import local_results


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


def fetched_results(text: str | Path, *, whole: bool = True) -> Path:
    """As `fetched_folder`, for whoever reads results. Raises `BenchError` too where the address has none.

    Then what an earlier run has left in the working folder does not count: it may have been deleted at the address.
    """
    folder = fetched_folder(text, whole=whole)
    mirror = mirror_of(folder)
    if mirror is None or mirror.has_results:
        return folder
    address, count = mirror.bucket.address, sum(1 for _ in local_results(folder))
    if not count:
        raise BenchError(f"There are no results at {address}. Make some with: bench run … --out {address}")
    raise BenchError(
        f"There are no results at {address}, but {counted(count, 'file')} of an earlier run in {folder}. If they were "
        f"deleted there on purpose, delete that folder too; else put them there again with: bench rerun {address}"
    )
