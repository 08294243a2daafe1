"""Which files reports have written into a results folder, so that those of rows that are gone do not stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.atomic import write_json
from bench.data.download import file_digest
from bench.json_text import parse_json

INDEX = "reports.json"

Files = dict[str, dict[str, str]]
"""By the name of a report, the names of its files and the SHA-256 of what it wrote."""


def keep_track(folder: Path, written: Mapping[str, Sequence[Path]], *, endings: Sequence[str] | None = None) -> None:
    """Note the files that reports, by name, have just written into `folder`, and remove the others of these reports.

    A file is removed only if it is, byte for byte, what that report wrote there before. Reports that were not written
    now keep theirs; with `endings`, such as `pdf`, so do files that end otherwise.
    """
    before = _read(folder / INDEX)
    current = {path.name for paths in written.values() for path in paths}
    now: Files = {}
    for report, paths in written.items():
        others = {name: digest for name, digest in before.get(report, {}).items() if name not in current}
        kept = {name: digest for name, digest in others.items() if not _ends(name, endings)}
        for name in others.keys() - kept.keys():
            path = folder / Path(name).name
            if path.is_file() and file_digest(path, "sha256") == others[name]:
                path.unlink()
        now[report] = kept | {path.name: file_digest(path, "sha256") for path in paths}
    write_json(folder / INDEX, before | now)


def tracked(folder: Path) -> list[Path] | None:
    """The files that reports have written into `folder`; None where one of them is not what was written."""
    noted = {
        folder / Path(name).name: digest for files in _read(folder / INDEX).values() for name, digest in files.items()
    }
    whole = all(path.is_file() and file_digest(path, "sha256") == digest for path, digest in noted.items())
    return list(noted) if noted and whole else None


def _ends(name: str, endings: Sequence[str] | None) -> bool:
    return endings is None or Path(name).suffix.removeprefix(".") in endings


def _read(path: Path) -> Files:
    """What was noted before; nothing where that is missing or damaged, for then it is not known what may be removed."""
    try:
        found: Files = parse_json(path.read_text(encoding="utf-8"))
        return {report: dict(files) for report, files in found.items()}
    except (FileNotFoundError, ValueError, TypeError, AttributeError):
        return {}
