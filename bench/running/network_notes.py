"""What is known of a network under test beside its rows: what was assumed of it, and which methods were left out.

Each network has a file of its own in the results' folder, so that runs side by side do not overwrite each other's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.atomic import write_json
from bench.errors import BenchError
from bench.json_text import parse_json
from bench.remote import publish

if TYPE_CHECKING:
    from .network import TestedNetwork

_ADVICE = " Leave this method out."
"""What is said to a user who named a method, and is no news of one that was left out."""

FOLDER = "networks"
SCHEMA = 1


def keep_network(folder: Path, network: TestedNetwork, left_out: Mapping[str, str]) -> None:
    """Note what was assumed of a network, and by method why it was left out, beside what is noted already."""
    path = folder / FOLDER / f"{network.weights_hash[:12]}.json"
    before = _read(path).get("left_out", {}) if path.exists() else {}
    noted = {"name": network.name, "note": network.note, "left_out": {**before, **left_out}}
    if noted["note"] or noted["left_out"]:
        write_json(path, {"schema": SCHEMA, **noted})
        publish(path)


def with_network_notes(rows: Sequence[dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
    """The rows, each with its network's note: what was assumed, and the methods that were left out and have no row."""
    kept = {path.stem: _read(path) for path in sorted((folder / FOLDER).glob("*.json"))}
    evaluated: dict[str, set[str]] = {}
    for row in rows:
        evaluated.setdefault(row["weights"], set()).add(row["method"])
    notes = {weights: _note(one, evaluated.get(weights, set())) for weights, one in kept.items()}
    return [{**row, "network_note": notes.get(row["weights"]) or row.get("network_note", "")} for row in rows]


def _note(kept: Mapping[str, Any], evaluated: set[str]) -> str:
    methods: dict[str, list[str]] = {}
    for method, reason in kept["left_out"].items():
        if method not in evaluated:
            why = reason.removeprefix(f"{method} ").removesuffix(_ADVICE)
            methods.setdefault(why, []).append(method)
    left_out = [f"Left out: {', '.join(names)}: {why}" for why, names in methods.items()]
    return " ".join([*filter(None, [kept["note"]]), *left_out])


def _read(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = parse_json(path.read_text(encoding="utf-8"))
        if found["schema"] > SCHEMA:
            raise BenchError(f"{path} was written by a newer version of oodbench. Upgrade it.")
        return {"note": str(found["note"]), "left_out": dict(found["left_out"])}
    except (ValueError, KeyError, TypeError) as error:
        raise BenchError(f"{path} is damaged ({error}). Delete it and re-run the same command.") from error
