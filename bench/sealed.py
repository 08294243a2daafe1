"""JSON files that show when a byte of them has changed since they were written."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

from bench.atomic import write_text
from bench.canonical import canonical_json
from bench.errors import BenchError
from bench.json_text import parse_json

SEAL = "seal"
"""The key that holds the checksum; files that older versions wrote lack it, and are taken as they are."""


class DamagedFileError(BenchError):
    """A file of ours that cannot be what was written. Carries its `path`."""

    def __init__(self, path: Path, reason: object, advice: str = "Delete it and re-run the same command.") -> None:
        self.path, self.reason = path, str(reason)
        super().__init__(f"{path} is damaged ({reason}). {advice}")


def write_sealed(path: Path, schema: int, data: dict[str, Any]) -> None:
    """Write `data` with its schema and checksum, atomically; raises `ValueError` for NaN and infinity."""
    write_text(path, sealed_text(schema, data))


def sealed_text(schema: int, data: dict[str, Any]) -> str:
    """What `write_sealed` writes."""
    plain = json.loads(json.dumps({"schema": schema} | data | {"schema": schema}, allow_nan=False))
    return json.dumps({**plain, SEAL: checksum(plain)}, indent=1) + "\n"


def read_sealed(path: Path, schema: int) -> dict[str, Any]:
    """What was written, with its schema and without the checksum.

    Raises `DamagedFileError` where it is not what was written, `BenchError` where it cannot be read or a newer version
    wrote it, and `FileNotFoundError`.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise BenchError(f"Cannot read {path}: {error.strerror or error}.") from error
    try:
        record: dict[str, Any] = parse_json(content)
        found = record["schema"]
        newer = found > schema
        seal = record.pop(SEAL, None)
        changed = not newer and seal is not None and seal != checksum(record)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedFileError(path, error) from error
    if newer:
        raise BenchError(f"{path} was written by a newer version (schema {found}, known: {schema}). Upgrade oodbench.")
    if changed:
        raise DamagedFileError(path, "it is not what was written: its checksum is another")
    return record


def checksum(data: Any) -> str:
    """Eight hexadecimal digits that change with any byte of `data` as canonical JSON."""
    return f"{zlib.crc32(canonical_json(data).encode()):08x}"
