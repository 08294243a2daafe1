"""`bench status`: how far a run is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .formats import FormatOption, TableOrJson
from .results_folder import state

if TYPE_CHECKING:
    from bench.tending.status import Running, Status


def status(
    folder: Annotated[
        Path, typer.Argument(metavar="RUN", parser=state, help="Results folder of bench run --out.")
    ] = Path("runs/latest"),
    output_format: FormatOption = TableOrJson.TABLE,
) -> None:
    """Say how far a run is: done, at work and where, failed and why, to do, and about how long that takes.

    It may be asked for at any time, also while the run is at work on this machine or another. Example:

    bench status runs/latest
    """
    from bench.tending.status import status_of

    found = status_of(folder)
    print(_as_json(found) if output_format is TableOrJson.JSON else "\n".join(_lines(found)))


def _as_json(found: Status) -> str:
    from bench.address import shown

    content = {
        "folder": shown(found.folder),
        "known": found.asked is not None,
        "done": found.done,
        "failed": [{**vars(one), "path": str(one.path)} for one in found.failed],
        "to_do": [{name: value for name, value in one.to_dict().items() if name != "slot"} for one in found.to_do],
        "beside": found.beside,
        "at_work": [str(one) for one in found.at_work],
        "running": [_running_as_data(one) for one in found.running],
        "seconds_left": found.seconds_left,
        "commands": [one.command for one in found.asked or []],
    }
    return json.dumps(content, indent=1, allow_nan=False)


def _running_as_data(one: Running) -> dict[str, Any]:
    since = datetime.now(UTC) - timedelta(seconds=one.seconds)
    place = {"host": one.owner.host, "process": one.owner.pid, "since": since.isoformat(timespec="seconds")}
    return {**one.part.to_dict(), **place, "seconds": round(one.seconds, 1), "to_do": one.to_do}


def _lines(found: Status) -> Iterator[str]:
    from bench.address import shown

    name, total = shown(found.folder), found.done + len(found.failed) + len(found.to_do)
    if found.asked is None:
        yield f"{name}: {found.done:,} cells done, {len(found.failed)} failed."
        yield "The folder does not say what it was asked for, so what is to do is not known."
    else:
        yield (
            f"{name}: {found.done:,} of {total:,} cells done, {len(found.failed):,} failed, "
            f"{len(found.to_do):,} to do{_time_left(found)}."
        )
    yield from _at_work(found)
    if found.beside:
        yield f"Beside these there are {found.beside:,} cells of other versions, settings or images."
    yield from _to_do(found)
    for one in found.failed:
        yield f"Failed: {one.method} on {one.id} / {one.ood} ({one.network}): {one.message}"
        yield f"  {one.path}"
    if found.failed:
        yield f"Try these again with: bench rerun --failed {name}"
    elif found.to_do and not found.at_work:
        yield f"Go on with: bench rerun {name}"


def _time_left(found: Status) -> str:
    from bench.progress import format_seconds

    if not found.to_do or found.seconds_left is None:
        return ""
    when = "" if found.at_work else " once it goes on"
    return f", about {format_seconds(found.seconds_left)} left{when}"


def _at_work(found: Status) -> Iterator[str]:
    """The processes, and what they are at."""
    from bench.progress import format_seconds
    from bench.wording import counted

    if not found.at_work:
        yield "No process is at work on it."
        return
    yield f"At work: {', '.join(map(str, found.at_work))}."
    for one in found.running:
        left = counted(one.to_do, "cell")
        yield f"  {one.owner}, for {format_seconds(one.seconds)}: {one.part}; {left} of it to do"


def _to_do(found: Status) -> Iterator[str]:
    """What is to do, by network and data set."""
    counts = Counter((one.need, one.ood) for one in found.to_do)
    for (network, ood), count in list(counts.items())[:20]:
        yield f"  to do on {ood}: {count:,} with {network}"
    if len(counts) > 20:
        yield f"  and {len(counts) - 20:,} more such groups"
