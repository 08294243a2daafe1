"""`bench gc`: what may be deleted."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .formats import FormatOption, TableOrJson
from .results_folder import results

if TYPE_CHECKING:
    from bench.tending.rubbish import Rubbish

FAILED = 1
_SHOWN = 5


def gc(
    runs: Annotated[
        list[Path] | None, typer.Argument(metavar="RUN…", parser=results, help="Results folders to look at too.")
    ] = None,
    older_than: Annotated[
        float, typer.Option(min=0, metavar="DAYS", help="Outputs and unfinished work count if they are older.")
    ] = 30.0,
    cache: Annotated[bool, typer.Option("--cache/--no-cache", help="Look at the cache ($BENCH_CACHE).")] = True,
    delete: Annotated[bool, typer.Option("--delete", help="Delete what is listed.")] = False,
    output_format: FormatOption = TableOrJson.TABLE,
) -> None:
    """List what may be deleted in the cache and in results folders, with sizes and ages; --delete deletes it.

    Results and trained networks are never among it, nor what a running process uses. Example:

    bench gc runs/latest --older-than 7 --delete
    """
    from bench.address import shown
    from bench.cache import cache_root
    from bench.errors import BenchError
    from bench.presence import in_use
    from bench.progress import say
    from bench.tending.rubbish import DAY, rubbish_in_cache, rubbish_in_run

    for run in runs or []:
        if not run.is_dir():
            raise BenchError(f"There is no folder {run}. Name the results folder of a bench run --out.")
    found = [one for run in runs or [] for one in rubbish_in_run(run)]
    if cache and cache_root().is_dir():
        found += rubbish_in_cache(cache_root(), older_than * DAY)
    print(_as_json(found) if output_format is TableOrJson.JSON else "\n".join(_lines(found)))
    for folder in [*(runs or []), *([cache_root()] if cache else [])]:
        if users := in_use(folder):
            say(f"{shown(folder)} is in use by {', '.join(map(str, users))}: nothing that these may need is listed.")
    if not found:
        return
    if delete:
        _delete(found)
    else:
        say("Nothing was deleted. Add --delete to do so.")


def _delete(found: Sequence[Rubbish]) -> None:
    from bench.progress import say
    from bench.remote import withdraw
    from bench.tending.rubbish import delete

    left = 0
    for one in found:
        try:
            delete(one)
            withdraw(one.path)
        except OSError as error:
            left += 1
            say(f"Cannot delete {one.path}: {error.strerror or error}")
    say(f"Deleted {len(found) - left:,} of {len(found):,}.")
    if left:
        raise typer.Exit(FAILED)


def _lines(found: Sequence[Rubbish]) -> Iterator[str]:
    from bench.data.download import readable_bytes
    from bench.progress import format_seconds

    for kind in dict.fromkeys(one.kind for one in found):
        several = sorted((one for one in found if one.kind == kind), key=lambda one: -one.size)
        yield f"{kind}: {len(several):,}, {readable_bytes(sum(one.size for one in several))}"
        for one in several[:_SHOWN]:
            yield f"  {readable_bytes(one.size)}, {format_seconds(one.age)} old: {one.path}"
        if len(several) > _SHOWN:
            yield f"  and {len(several) - _SHOWN:,} more (all with --format json)"
    total = readable_bytes(sum(one.size for one in found))
    yield f"{len(found):,} in all, {total}" if found else "There is nothing to delete."


def _as_json(found: Sequence[Rubbish]) -> str:
    return json.dumps([{**vars(one), "path": str(one.path)} for one in found], indent=1)
