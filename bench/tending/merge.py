"""Joining results folders, such as those of shards or of several machines, into one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.address import shown
from bench.atomic import require_writable, write_atomically, write_json
from bench.errors import BenchError
from bench.json_text import parse_json
from bench.progress import say
from bench.running.asked import FOLDER as ASKED
from bench.running.estimates import FOLDER as ESTIMATES
from bench.running.network_notes import FOLDER as NETWORKS
from bench.store import PREDICTIONS, Store
from bench.suites.record import keep_suite, kept_suites

_FIGURES = ("cell", "row", "tuning")
_WORDS = ("id_note", "ood_note", "network_note", "warnings")
"""Columns of a row that name files and other things of one machine, and no figures."""

_SHOWN = 5


@dataclass(frozen=True)
class Merged:
    """How many cells the new folder has, of which `equal` were in several of the others, and what failed there."""

    cells: int
    equal: int
    failures: int


def merge_runs(runs: Sequence[Path], out: Path) -> Merged:
    """Join the results of `runs`, and those that `out` has already, in `out`.

    A cell that several have is taken once; cells of other versions, settings or protocols stand beside each other.
    Raises `BenchError`, before anything is written, for a folder without results, and for cells whose figures or scores
    differ under one key: they are named with both folders.
    """
    for run in runs:
        if not any(part.exists() for part in (run / "cells", run / "failures", run / PREDICTIONS)):
            raise BenchError(f"There are no results in {shown(run)}. Name results folders of bench run --out.")
    parts = [Path(), *([Path(PREDICTIONS)] if any((run / PREDICTIONS).is_dir() for run in runs) else [])]
    for part in parts:
        _refuse_conflicts(_stores([out, *runs], part))
    require_writable(out)
    done = [_merge(_stores(runs, part), Store(out / part)) for part in parts]
    for run in runs:
        _take_notes(run, out)
    return Merged(*(sum(getattr(one, name) for one in done) for name in ("cells", "equal", "failures")))


def _stores(folders: Sequence[Path], part: Path) -> list[Store]:
    return [Store(folder / part) for folder in folders]


def _refuse_conflicts(stores: Sequence[Store]) -> None:
    holders: dict[str, list[Store]] = {}
    for store in stores:
        for key in sorted(store.keys()):
            holders.setdefault(key, []).append(store)
    found = [words for key, several in holders.items() for words in _conflicts(key, several)]
    if found:
        more = f"\n  and {len(found) - _SHOWN:,} more" if len(found) > _SHOWN else ""
        raise BenchError(
            "These cells differ under one key, so one of the two is wrong; nothing was written. Compute them again "
            "with bench verify, and leave out the folder that does not agree:\n  " + "\n  ".join(found[:_SHOWN]) + more
        )


def _conflicts(key: str, stores: Sequence[Store]) -> Iterator[str]:
    """What of a cell differs between the first of the stores that have it and the others."""
    first, *others = stores
    for other in others:
        one, two = first.get(key), other.get(key)
        if one is None or two is None:  # damaged, and set aside: that was said
            continue
        what = _difference(one, two) or _difference_of_scores(key, first, other)
        if what:
            row = one.get("row", {})
            where = " / ".join(str(row[name]) for name in ("id", "ood") if name in row)
            names = f"{shown(first.folder)} and in {shown(other.folder)}"
            yield f"{row.get('method')} on {where}: {what} in {names} (cell {key})"


def _difference(one: Mapping[str, Any], two: Mapping[str, Any]) -> str:
    for part in _FIGURES:
        left, right = one.get(part), two.get(part)
        if isinstance(left, dict) and isinstance(right, dict):
            for name in left.keys() & right.keys() - set(_WORDS):
                if left[name] != right[name]:
                    return f"{name} is {left[name]} and {right[name]}"
        elif left != right:
            return f"{part} differs"
    return ""


def _difference_of_scores(key: str, one: Store, two: Store) -> str:
    if not (one.has_scores(key) and two.has_scores(key)):
        return ""
    left, right = one.scores(key), two.scores(key)
    same = all(
        (a is None) == (b is None) and (a is None or b is None or a.tobytes() == b.tobytes())
        for a, b in zip(vars(left).values(), vars(right).values(), strict=True)
    )
    return "" if same else "the scores differ"


def _merge(stores: Sequence[Store], out: Store) -> Merged:
    before, equal = out.keys(), 0
    for store in stores:
        for key in sorted(store.keys()):
            equal += key in before
            if key in before and (out.has_scores(key) or not store.has_scores(key)):
                continue
            if store.has_scores(key):
                store.scores(key)  # what is damaged is told now, and does not come along
            elif not any(other.has_scores(key) for other in stores):
                say(
                    f"Warning: the scores of cell {key} are gone in {shown(store.folder)}; the cell comes without them."
                )
            out.copy_from(store, key)
            _copy(store.folder / ESTIMATES / f"{key}.npz", out.folder / ESTIMATES)
            before.add(key)
    notes = {note["key"]: note for store in stores for note in reversed(store.failures())}
    for key, note in notes.items():
        if not out.has(key):
            out.put_failure(key, note["cell"], note["message"], note["traceback"])
    return Merged(len(before), equal, len(out.failures()))


def _take_notes(run: Path, out: Path) -> None:
    """What stands beside the results: what was asked for, what is known of networks, and which suites were run."""
    for path in (run / ASKED).glob("*.json"):
        _copy(path, out / ASKED)
    for path in (run / NETWORKS).glob("*.json"):
        mine = out / NETWORKS / path.name
        if not mine.exists():
            _copy(path, mine.parent)
            continue
        one, two = (parse_json(each.read_bytes()) for each in (mine, path))
        write_json(mine, {**one, "left_out": {**two["left_out"], **one["left_out"]}})
    known = kept_suites(out)
    for id, suite in kept_suites(run).items():
        if id not in known:
            keep_suite(out, suite)
        elif known[id].name != suite.name:
            say(f"Warning: {id} was run with the suite {known[id].name} and, in {run}, {suite.name}; the first counts.")


def _copy(path: Path, folder: Path) -> None:
    if path.exists() and not (folder / path.name).exists():
        write_atomically(folder / path.name, lambda temporary: shutil.copyfile(path, temporary))
