"""Whether extracted outputs are what was written: a changed byte in them would give a wrong number."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from pathlib import Path

from bench.aside import set_aside
from bench.errors import BenchError
from bench.json_text import parse_json
from bench.sealed import DamagedFileError, read_sealed, write_sealed

SCHEMA = 1
_SUMS = "crc32"
_CHUNK = 1 << 20
_SOUND: set[Path] = set()
"""The folders that this process has looked at: once is enough, for it reads them once from the disk."""


def seal_folder(folder: Path, facts_name: str, facts: dict[str, object]) -> None:
    """Write the facts of a folder that is whole, with a checksum of each of its arrays."""
    sums = {path.name: file_checksum(path) for path in sorted(folder.glob("*.npy"))}
    write_sealed(folder / facts_name, SCHEMA, {**facts, _SUMS: sums})


def set_aside_damaged(folders: Iterable[Path], facts_name: str) -> None:
    """Rename those of the `folders` that are not what was written, so that they are made again, and say so.

    Folders that older versions wrote have no checksums, and are taken as they are. Raises `BenchError` where a folder
    cannot be read or renamed.
    """
    for folder in folders:
        if folder in _SOUND or not folder.is_dir():
            continue
        try:
            _require_sound(folder, facts_name)
            _SOUND.add(folder)
        except DamagedFileError as error:
            set_aside(folder, f"{error.path.name}: {error.reason}", "the outputs are extracted again")


def _require_sound(folder: Path, facts_name: str) -> None:
    try:
        for name, kept in _checksums(folder / facts_name).items():
            if file_checksum(folder / name) != kept:
                raise DamagedFileError(folder / name, "its checksum is another")
    except FileNotFoundError as error:
        raise DamagedFileError(folder, f"{Path(error.filename).name} is missing") from error
    except OSError as error:
        raise BenchError(f"Cannot read {error.filename or folder}: {error.strerror or error}.") from error


def _checksums(path: Path) -> dict[str, int]:
    """The checksums in a file of facts, by the names of the files; none where an older version wrote it."""
    try:
        return dict(read_sealed(path, SCHEMA).get(_SUMS, {}))
    except DamagedFileError:
        if _is_old(path):
            return {}
        raise


def _is_old(path: Path) -> bool:
    try:
        return set(parse_json(path.read_bytes()).keys()) <= {"rows", "seconds", "run"}
    except (ValueError, AttributeError):
        return False


def file_checksum(path: Path) -> int:
    """The CRC-32 of a file."""
    found = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            found = zlib.crc32(chunk, found)
    return found
