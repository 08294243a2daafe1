"""The audits of pairs of sets that lie in a results folder, with their sheets of duplicates."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.errors import BenchError
from bench.json_text import parse_json
from bench.report_page import Thumbnail

SHEET_SIDE = 1300
"""Pixels of a shown sheet's longer side, at most; a full sheet of an audit is as wide."""

MOST_SHEETS = 8
LARGEST_SHEET = 30_000_000
"""Pixels of a file that is still opened."""

Test = Callable[[Any], bool]


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _tables(**keys: Test) -> Test:
    """Whether a value is a list of tables that have these keys."""
    return lambda value: (
        isinstance(value, list)
        and all(
            isinstance(one, dict) and all(name in one and fits(one[name]) for name, fits in keys.items())
            for one in value
        )
    )


_DUPLICATES = _tables(
    among=_text, known=_text, images=_count, exact=_count, near=lambda value: value is None or _count(value)
)
_PAIR: Mapping[str, Test] = {
    "ood": _text,
    "verdict": _text,
    "statistics": _tables(statistic=_text, auroc=_number),
    "probes": _tables(features=_text, auroc=_number),
    "duplicates": _DUPLICATES,
}


def audits_of(folder: Path) -> dict[str, Any]:
    """The documents `audit*.json` of the folder, as `bench audit` writes them, by the names of their files.

    Raises `BenchError` where one is damaged, or is something else.
    """
    return {path.name: _audit(path) for path in sorted(folder.glob("audit*.json"))}


def sheets_of(folder: Path, audits: Mapping[str, Any]) -> list[Thumbnail]:
    """The first sheets of duplicates that lie beside the audits and belong to them, small enough for a page; what
    cannot be read is left out.
    """
    from bench.audit.sheet import sheet_name

    kept = {path.name: path for path in folder.glob("duplicates-*.png")}
    found: dict[str, Thumbnail | None] = {}
    for one in _duplicates(audits.values()):
        name = sheet_name(one["among"], one["known"])
        if name in kept and name not in found and len(found) < MOST_SHEETS:
            found[name] = _sheet(kept[name], f"{one['among']} in {one['known']}")
    return [sheet for sheet in found.values() if sheet is not None]


def _duplicates(audits: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for audit in audits:
        yield from [audit["id_test_in_train"]] if audit.get("id_test_in_train") else []
        for pair in audit["pairs"]:
            yield from pair["duplicates"]


def _audit(path: Path) -> Any:
    try:
        found = parse_json(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise BenchError(f"{path} is damaged ({error}). Make it again, or remove it, and write the report.") from error
    wrong = _what_is_wrong(found)
    if wrong:
        raise BenchError(
            f"{path} is no audit as bench audit writes it: {wrong}. Make it again, or rename it, and write the report."
        )
    return found


def _what_is_wrong(found: Any) -> str:
    """In words; empty where nothing is."""
    if not isinstance(found, dict):
        return "it is no table"
    pairs = found.get("pairs")
    if not isinstance(pairs, list):
        return "'pairs' is no list"
    for place, pair in enumerate(pairs):
        if not isinstance(pair, dict):
            return f"pair {place} is no table"
        bad = [name for name, fits in _PAIR.items() if name not in pair or not fits(pair[name])]
        if bad:
            return f"pair {place} lacks a sound '{bad[0]}'"
    own = found.get("id_test_in_train")
    return "" if own is None or _DUPLICATES([own]) else "'id_test_in_train' is unsound"


def _sheet(path: Path, caption: str) -> Thumbnail | None:
    from PIL import Image

    try:
        with Image.open(path) as opened:
            if opened.width * opened.height > LARGEST_SHEET:
                return None
            image = opened.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    image.thumbnail((SHEET_SIDE, SHEET_SIDE))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=80, optimize=True)
    return Thumbnail(f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}", caption)
