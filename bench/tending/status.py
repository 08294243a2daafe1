"""How far a run is: done, at work, failed, to do, and about how long that takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from bench.errors import BenchError
from bench.leases import Owner
from bench.presence import Present, present
from bench.remote import drivers_at, mirror_of
from bench.running.asked import Asked, Planned, read_asked
from bench.running.part import Part
from bench.store import FAILURES, Store


@dataclass(frozen=True)
class Failed:
    """A cell that failed and was not finished since; `path` holds its traceback."""

    method: str
    id: str
    ood: str
    network: str
    message: str
    path: Path


@dataclass(frozen=True)
class Running:
    """A part of a run that a process has been at for so many `seconds`; `to_do` of its cells are not done yet."""

    part: Part
    owner: Owner
    seconds: float
    to_do: int


@dataclass(frozen=True)
class Status:
    """The state of a results folder.

    `asked` is None where the folder does not say what it was asked for, as of an older version; then nothing is known
    to be to do. Of what was asked for, `done` cells are finished, `failed` ones failed, and the others are `to_do`;
    `beside` are finished cells that no kept specification means. `at_work` are the processes that are alive, and
    `running` what they are at, the longest first: cells that count as to do, or failed before, until they are done.
    `seconds_left` is what is to do at the pace since the run was last begun; None where that is not known.
    """

    folder: Path
    asked: list[Asked] | None
    done: int
    failed: list[Failed]
    to_do: list[Planned]
    beside: int
    at_work: list[Owner]
    running: list[Running]
    seconds_left: float | None


def status_of(folder: Path) -> Status:
    """The state of a results folder. Raises `BenchError` where there is none, or a file of it is of a newer version."""
    if not folder.is_dir():
        raise BenchError(f"There is no folder {folder}. Name the results folder of a bench run --out.")
    store = Store(folder)
    asked = read_asked(folder)
    planned = {one.slot: one for run in asked for one in run.cells}
    times = _times_of_finished(store)
    finished = _finished_slots(store, planned, times)
    unfinished = [one for slot, one in planned.items() if slot not in finished]
    failed, to_do = _sorted_out(store, unfinished)
    left = _seconds_left(asked, times, len(to_do))
    alive = [one for one in present(folder) if one.is_alive]
    owners = (*(one.owner for one in alive), *drivers_at(folder))
    at_work = {(one.machine, one.pid): one for one in owners}
    running = sorted(_running(alive, unfinished), key=lambda one: -one.seconds)
    done, beside = (len(finished), len(times) - len(finished)) if asked else (len(times), 0)
    return Status(folder, asked or None, done, failed, to_do, beside, list(at_work.values()), running, left)


def _times_of_finished(store: Store) -> dict[str, float]:
    """When each finished cell was kept, by its key; that of an address is finished without scores here."""
    gone = store.without_scores() if mirror_of(store.folder) is None else set()
    times = {name.removesuffix(".json"): changed / 1e9 for name, (_, changed) in store.stamps().items()}
    return {key: changed for key, changed in times.items() if key not in gone}


def _running(alive: Iterable[Present], unfinished: Iterable[Planned]) -> Iterator[Running]:
    """What the processes are at, as far as they say it in words that this version knows."""
    places = Counter((one.need, one.ood, one.method) for one in unfinished)
    for one in alive:
        with suppress(KeyError, TypeError, ValueError):
            part = Part.from_dict(one.doing)
            cells = product([part.network], part.ood, part.methods)
            yield Running(part, one.owner, one.seconds, sum(places[cell] for cell in cells))


def _finished_slots(store: Store, planned: Mapping[str, Planned], times: Mapping[str, float]) -> set[str]:
    """The slots of the planned cells that are finished: by their keys as far as these are known, else by records."""
    by_key = {one.key: slot for slot, one in planned.items() if one.key}
    finished = {by_key[key] for key in times.keys() & by_key.keys()}
    if len(finished) == len(planned) or len(finished) == len(times):
        return finished
    return finished | {slot for key, slot in store.slots().items() if key in times and slot in planned}


def _sorted_out(store: Store, cells: list[Planned]) -> tuple[list[Failed], list[Planned]]:
    """What failed, and those of the `cells` that did not."""
    failed: list[Failed] = []
    meant: set[str] = set()
    for note in store.failures():
        path = store.folder / FAILURES / f"{note['key']}.json"
        found = [one for one in cells if is_meant(note["cell"], one)]
        meant |= {one.slot for one in found}
        names = [(one.method, one.id, one.ood, one.need) for one in found] or [_names(note["cell"])]
        failed += [Failed(*four, note["message"], path) for four in names]
    return failed, [one for one in cells if one.slot not in meant]


def is_meant(cell: Mapping[str, Any], one: Planned) -> bool:
    """Whether the note of a failure, of one cell or of a part of a run, means a planned cell."""
    if cell.get("method") not in (None, one.method):
        return False
    if (part := cell.get("part")) is not None:
        return one.need == part["network"] and one.ood in part["ood"] and one.method in part["methods"]
    names = (cell.get("method"), (cell.get("ood") or [""])[0], cell.get("network"), cell.get("seed"))
    return (one.method, one.ood, one.network, one.seed) == names


def _names(cell: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """What is said of a failure that no kept specification means."""
    id, ood = ((cell.get(name) or [""])[0] for name in ("id", "ood"))
    return cell.get("method", ""), id, ood, cell.get("network", "")


def _seconds_left(asked: list[Asked], times: Mapping[str, float], to_do: int) -> float | None:
    """By the times of files alone. In a folder one clock tells these: that of the disk.

    At an address there are two: files that were fetched have the store's times, those written here this machine's. The
    figure is off by as much as the two differ; nothing but it depends on that.
    """
    if not asked or not to_do:
        return 0.0 if asked else None
    since = [changed - asked[0].began for changed in times.values() if changed > asked[0].began]
    return max(since) / len(since) * to_do if since else None
