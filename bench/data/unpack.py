"""Archives to files."""

from __future__ import annotations

import gzip
import lzma
import shutil
import tarfile
import zipfile
import zlib
from pathlib import Path

from bench.errors import BenchError


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a `.tar`, `.tar.gz`, `.zip` or single `.gz` file into `folder`; members may not leave it.

    Raises `BenchError` naming the archive when it is damaged.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        if archive.suffix == ".zip":
            with zipfile.ZipFile(archive) as packed:
                packed.extractall(folder)  # noqa: S202 - zipfile keeps members inside
        elif archive.suffix == ".gz" and not archive.name.endswith(".tar.gz"):
            with gzip.open(archive) as packed_file, (folder / archive.stem).open("wb") as file:
                shutil.copyfileobj(packed_file, file)
        else:
            with tarfile.open(archive) as packed_tar:
                packed_tar.extractall(folder, filter="data")
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError, OSError) as error:
        raise BenchError(f"Cannot unpack {archive}: {error}. Delete it and fetch it again.") from error
