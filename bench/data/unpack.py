"""Archives to files."""

from __future__ import annotations

import contextlib
import gzip
import lzma
import platform
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from bench.disk import disk_error
from bench.errors import BenchError

from .download import ELSEWHERE


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a `.tar`, `.tar.gz`, `.zip` or single `.gz` file into `folder`; members may not leave it.

    Raises `BenchError` naming the archive when it is damaged or cannot be unpacked there.
    """
    with unpacking(archive, folder):
        folder.mkdir(parents=True, exist_ok=True)
        if archive.suffix == ".zip":
            with zipfile.ZipFile(archive) as packed:
                packed.extractall(folder)  # noqa: S202 - zipfile keeps members inside
        elif archive.suffix == ".gz" and not archive.name.endswith(".tar.gz"):
            with gzip.open(archive) as packed_file, (folder / archive.stem).open("wb") as file:
                shutil.copyfileobj(packed_file, file)
        else:
            with tarfile.open(archive) as packed_tar:
                packed_tar.extractall(folder)  # noqa: S202 - filtered by `unpacking`


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
    tarfile.TarFile.extraction_filter = staticmethod(tarfile.data_filter)
    try:
        yield
    except (tarfile.TarError, zipfile.BadZipFile, gzip.BadGzipFile, EOFError, zlib.error, lzma.LZMAError) as error:
        raise BenchError(f"Cannot unpack {archive}: {error}. Delete it and fetch it again.") from error
    except OSError as error:
        raise disk_error(f"Cannot unpack {archive} into {folder}", error, ELSEWHERE) from error
    finally:
        tarfile.TarFile.extraction_filter = before
