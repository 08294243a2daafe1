"""Asking a results folder for the same again: for all that is not done, or for what failed alone."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.address import shown
from bench.errors import BenchError
from bench.method_contract import METHODS
from bench.running.asked import Asked, read_asked
from bench.running.specification import RunSpecification
from bench.store import Store
from bench.suites.suite import set_name
from bench.training.objective import OBJECTIVES

from .status import is_meant


def specifications(folder: Path, *, only_failed: bool, trusts_code: bool) -> list[RunSpecification]:
    """What to run, the earliest first: each specification that has cells to do.

    With `only_failed` each is narrowed to the methods, data sets and seeds that failed, of which those that are done
    are not computed again. Code of the user's own that the folder names is run only if that is said (`trusts_code`):
    the folder may be a stranger's. Raises `BenchError` where the folder does not say what it was asked for.
    """
    if not folder.is_dir():
        raise BenchError(f"There is no folder {folder}. Name the results folder of a bench run --out.")
    asked = read_asked(folder)
    if not asked:
        raise BenchError(f"{shown(folder)} does not say what it was asked for. Type its bench run again.")
    if not trusts_code:
        _refuse_code(folder, asked)
    if not only_failed:
        return [one.to_specification(folder) for one in reversed(asked)]
    cells = [note["cell"] for note in Store(folder).failures()]
    narrowed = [_narrowed(one, cells, folder) for one in reversed(asked)]
    return [one for one in narrowed if one is not None]


def _refuse_code(folder: Path, asked: Sequence[Asked]) -> None:
    files = dict.fromkeys(file for one in asked for file in one.code_files)
    if files:
        raise BenchError(
            f"{shown(folder)} was made with code of the files {', '.join(files)}. If you trust them, add --trust-code."
        )


def _narrowed(asked: Asked, cells: Sequence[dict[str, Any]], folder: Path) -> RunSpecification | None:
    """The specification for those of its cells that failed; None where none did."""
    mine = [one for one in asked.cells if any(is_meant(cell, one) for cell in cells)]
    if not mine:
        return None
    spec = asked.to_specification(folder)
    methods, oods, seeds = ({getattr(one, name) for one in mine} for name in ("method", "ood", "seed"))
    narrowed = replace(
        spec,
        method=tuple(sorted(methods)),
        ood=tuple(one for one in spec.ood if set_name(one) in oods),
        settings={key: value for key, value in spec.settings.items() if _is_used(key, spec, methods, oods)},
    )
    if spec.seeds is None or None in seeds:
        return narrowed
    return replace(narrowed, seeds=tuple(seed for seed in spec.training_seeds if seed in seeds))


def _is_used(key: str, spec: RunSpecification, methods: Set[str], oods: Set[str]) -> bool:
    """Whether a setting belongs to what is left: one of a method or data set that is not run would be refused."""
    owner = key.partition(".")[0]
    objectives = {METHODS.get(name).objective for name in methods}
    for names, left in ((METHODS, methods), (OBJECTIVES, objectives), (set(map(set_name, spec.ood)), oods)):
        if owner in names and owner not in left:
            return False
    return True
