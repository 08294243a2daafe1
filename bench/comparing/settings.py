"""What was set or installed otherwise in one run than in the other."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .slots import Match, Record, Slot

_OF_CELL = ("method_version", "precision", "transform", "tune_on", "search")


@dataclass(frozen=True)
class SettingChange:
    """A setting of the cells in a slot that is not the same in both runs; values as they print."""

    slot: Slot
    name: str
    first: str
    second: str


def changed_settings(matches: Iterable[Match]) -> Iterator[SettingChange]:
    """The settings that changed: parameters, versions of methods, precision, seeds, networks, images."""
    for one in matches:
        before, after = (_settings(side.records) for side in (one.first, one.second))
        for name in dict.fromkeys([*before, *after]):
            old, new = before.get(name, "–"), after.get(name, "–")
            if old != new:
                yield SettingChange(one.slot, name, old, new)


def changed_versions(first: Sequence[Record], second: Sequence[Record]) -> dict[str, tuple[str, str]]:
    """Packages, code, Python, devices and commands that are not the same, by name; several of a run stand together."""
    before, after = _versions(first), _versions(second)
    names = dict.fromkeys([*before, *after])
    pairs = {name: (before.get(name, "–"), after.get(name, "–")) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _settings(records: Sequence[Record]) -> dict[str, str]:
    cells = [record["cell"] for record in records]
    parameters = [record["row"]["parameters"] for record in records]  # as tuned, where the protocol tunes
    names = dict.fromkeys(name for one in parameters for name in one)
    found = {name: _each(one.get(name) for one in parameters) for name in names}
    found |= {name: _each(cell.get(name) for cell in cells) for name in _OF_CELL if any(name in cell for cell in cells)}
    found["seeds"] = _each(cell["seed"] for cell in cells)
    found["networks"] = _each(cell["weights"][:12] for cell in cells)
    found["ID images"] = _each(cell["id"][1][:12] for cell in cells)
    found["OOD images"] = _each(cell["ood"][1][:12] for cell in cells)
    return found


def _versions(records: Sequence[Record]) -> dict[str, str]:
    found: dict[str, dict[str, None]] = {}
    for record in records:
        provenance = record.get("provenance", {})
        git = provenance.get("git") or {}
        values = {
            **provenance.get("packages", {}),
            "python": provenance.get("python"),
            "device": provenance.get("device"),
            "commit": git.get("commit", "")[:12] + (" with changes" if git.get("dirty") else ""),
        }
        for name, value in values.items():
            found.setdefault(name, {})[_plain(value)] = None
    return {name: ", ".join(values) for name, values in found.items()}


def _each(values: Iterable[Any]) -> str:
    return ", ".join(dict.fromkeys(map(_plain, values)))


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
