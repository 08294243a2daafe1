"""Archives to files."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
import platform
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any

from bench.disk import disk_error
from bench.errors import BenchError

from .bounded import Bounded
from .download import ELSEWHERE

_TIMES, _AT_LEAST = 100, 1 << 28
"""An archive may unpack to so many times its size, or to so many bytes where that is more: images shrink little."""

_MOST_MEMBERS = 5_000_000
_CHUNK = 1 << 20

_PACKED: dict[bytes, Callable[[Path], Any]] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
"""How a packed tar file is read, by what it begins with."""


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a `.tar`, `.tar.gz`, `.zip` or single `.gz` file into `folder`; members may not leave it.

    Raises `BenchError` naming the archive when it is damaged, cannot be unpacked there, or holds far more than its size
    lets expect; what was unpacked before that showed is left.
    """
    with unpacking(archive, folder):
        folder.mkdir(parents=True, exist_ok=True)
        most = max(_TIMES * archive.stat().st_size, _AT_LEAST)
        if archive.suffix == ".zip":
            _unpack_zip(archive, folder, most)
        elif archive.suffix == ".gz" and not archive.name.endswith(".tar.gz"):
            with gzip.open(archive) as packed, (folder / archive.stem).open("wb") as file:
                content = Bounded(packed, archive, most)
                while chunk := content.read(_CHUNK):
                    file.write(chunk)
        else:
            _unpack_tar(archive, folder, most)


def _unpack_zip(archive: Path, folder: Path, most: int) -> None:
    with zipfile.ZipFile(archive) as packed:
        members = packed.infolist()
        size = sum(one.file_size for one in members)
        if size > most or len(members) > _MOST_MEMBERS:
            raise BenchError(f"{archive} is not unpacked: {len(members):,} files of {size:,} bytes would come of it.")
        packed.extractall(folder)  # noqa: S202 - zipfile keeps members inside, and reads no more than their sizes


def _unpack_tar(archive: Path, folder: Path, most: int) -> None:
    with _unpacked(archive) as file, tarfile.open(fileobj=Bounded(file, archive, most), mode="r:") as packed:
        for count, member in enumerate(packed):
            if count > _MOST_MEMBERS:
                raise BenchError(f"{archive} is not unpacked any further: it holds more than {count:,} files.")
            packed.extract(member, folder)


def _unpacked(archive: Path) -> IO[bytes]:
    with archive.open("rb") as file:
        start = file.read(6)
    opens = next((one for magic, one in _PACKED.items() if start.startswith(magic)), None)
    found: IO[bytes] = archive.open("rb") if opens is None else opens(archive)
    return found


_DAMAGE = (
    tarfile.TarError,
    zipfile.BadZipFile,
    gzip.BadGzipFile,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    ValueError,
    OverflowError,
    RuntimeError,  # of an encrypted member, and NotImplementedError of one that is packed in another way
)
"""What the libraries raise for archives that are not whole."""


def _inside(member: tarfile.TarInfo, folder: str) -> tarfile.TarInfo | None:
    """Python's own filter, and links only to what lies beside or below them: it can be led out by chains of links."""
    target = PurePosixPath(member.linkname)
    if (member.issym() or member.islnk()) and (target.is_absolute() or ".." in target.parts):
        raise tarfile.LinkOutsideDestinationError(member, member.linkname)
    return tarfile.data_filter(member, folder)


@contextlib.contextmanager
def unpacking(archive: Path, folder: Path) -> Iterator[None]:
    """A block that unpacks `archive` into `folder`, with any library.

    Tar files are filtered: no member leaves the folder. What goes wrong becomes a `BenchError` that says whether the
    archive is damaged or the folder cannot be written to.
    """
    if not hasattr(tarfile, "data_filter"):
        version = platform.python_version()
        raise BenchError(f"Python {version} cannot unpack {archive} safely. Use 3.11.4 or newer, or unpack it by hand.")
    before = tarfile.TarFile.extraction_filter
    # The attribute, and not an argument, because libraries call extractall without one.
    tarfile.TarFile.extraction_filter = staticmethod(_inside)
    try:
        yield
    except _DAMAGE as error:
        raise BenchError(f"Cannot unpack {archive}: {error}. Delete it and fetch it again.") from error
    except OSError as error:
        raise disk_error(f"Cannot unpack {archive} into {folder}", error, ELSEWHERE) from error
    finally:
        tarfile.TarFile.extraction_filter = before
