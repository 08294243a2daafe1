"""A static site of many runs: one page that opens from disk, and copies of the runs' reports beside it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from bench.address import shown
from bench.atomic import write_atomically, write_text
from bench.command_line import command_text
from bench.errors import BenchError
from bench.leaderboard_page import LEADERBOARD_PAGES, KeptRun, LeaderboardMaterial
from bench.store import Store

from .gather import groups_of, provenances
from .kept import kept_results

_GENERATOR = '<meta name="generator" content="oodbench leaderboard">'
"""By this a page is known to be one that may be replaced."""

REPORT = "report.html"
"""What `bench report` leaves in a results folder."""


def write_leaderboard(folders: Sequence[Path], out: Path) -> Path:
    """Write `index.html` into `out`, and below `reports/` a copy of each report that is in a results folder.

    Returns the page's path. Raises `BenchError` for a folder without results, one that is named twice, and where `out`
    has an `index.html` that is no leaderboard.
    """
    _require_own(out / "index.html")
    names = run_names(folders)
    runs = [_kept_run(folder, name, number) for number, (folder, name) in enumerate(zip(folders, names, strict=True))]
    methods = {str(method) for run in runs for method in run.results.rows["method"]}
    command = command_text(["bench", "leaderboard", *map(shown, folders), "--out", str(out)])
    page = LEADERBOARD_PAGES.get("html")(LeaderboardMaterial(runs, groups_of(methods), command))
    for run, folder in zip(runs, folders, strict=True):
        if run.report:
            _copy(folder / REPORT, out / run.report)
    write_text(out / "index.html", page)
    return out / "index.html"


def run_names(folders: Sequence[Path]) -> list[str]:
    """What runs are called: the last parts of their paths, as many as tell them apart.

    >>> run_names([Path("a/runs/one"), Path("b/runs/two")]), run_names([Path("a/run"), Path("b/run")])
    (['one', 'two'], ['a/run', 'b/run'])
    """
    resolved = [Path(shown(folder)).resolve() for folder in folders]
    if len(set(resolved)) < len(resolved):
        twice = next(folder for folder, path in zip(folders, resolved, strict=True) if resolved.count(path) > 1)
        raise BenchError(f"{shown(twice)} is named twice. Name each results folder once.")
    most = max((len(path.parts) for path in resolved), default=0)
    for count in range(1, most + 1):
        names = ["/".join(path.parts[-count:]) for path in resolved]
        if len(set(names)) == len(names):
            return names
    return list(map(str, resolved))


def _require_own(page: Path) -> None:
    if page.is_file() and _GENERATOR not in page.read_text(encoding="utf-8", errors="replace"):
        raise BenchError(f"{page} is there already and no leaderboard. Name another folder with --out, or move it.")


def _kept_run(folder: Path, name: str, number: int) -> KeptRun:
    records = Store(folder).records()
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name)
    return KeptRun(
        name=name,
        results=kept_results(folder),
        cells={record["key"]: record["cell"] for record in records},
        provenance=provenances(records),
        report=f"reports/{number + 1}-{plain}.html" if (folder / REPORT).is_file() else "",
    )


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(target, lambda temporary: shutil.copyfile(source, temporary))
