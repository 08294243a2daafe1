"""The seam to whatever writes results: it says what is new, and nothing happens where no address is meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.errors import BenchError
from bench.progress import say

from .bucket import RemoteError
from .mirror import mirror_of


def publish(*paths: Path) -> None:
    """Put files that were just written, in this order, if they are in the working folder of an address.

    Never fails for a store that cannot be reached: `settle` puts them later.
    """
    mirror = mirror_of(paths[0])
    if mirror is not None:
        mirror.put(*map(mirror.name_of, paths))


def withdraw(path: Path) -> None:
    """Remove the object of a file that was just removed, if that was in the working folder of an address."""
    mirror = mirror_of(path)
    if mirror is not None:
        mirror.remove(mirror.name_of(path))


def is_published(*paths: Path) -> bool:
    """Whether these files, as far as they are there, are at an address just as they are here."""
    mirror = mirror_of(paths[0])
    if mirror is None:
        return False
    names = [mirror.name_of(path) for path in paths if path.exists()]
    return bool(names) and all(mirror.has_same(name) for name in names)


def settle(folder: Path, files: Sequence[Path] = ()) -> None:
    """Put whatever an address lacks of its working folder, and the `files` of reports; nothing for other folders.

    Only what makes results calls it, so that what was deleted at the address is not put back by whoever reads them.
    Raises `BenchError` where the store cannot be reached: all is kept in the folder, and put the next time.
    """
    mirror = mirror_of(folder)
    if mirror is not None:
        with _kept_in(folder):
            mirror.settle()
    put_reports(folder, files)


def put_reports(folder: Path, files: Sequence[Path]) -> None:
    """Put the `files` of reports that are in the working folder of an address. Raises `BenchError` as `settle`."""
    mirror = mirror_of(folder)
    if mirror is None or not files:
        return
    inside = [path for path in files if path.absolute().is_relative_to(mirror.folder)]
    with _kept_in(folder):
        mirror.bucket.upload({mirror.name_of(path): path for path in inside})
    say(f"All of it is at {mirror.bucket.address}.")


@contextmanager
def _kept_in(folder: Path) -> Iterator[None]:
    try:
        yield
    except RemoteError as error:
        raise BenchError(f"{error} What was computed is kept in {folder}; the same command puts it there.") from error
