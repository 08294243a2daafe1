"""`bench.run`: the main job from Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.data.project import project_bindings
from bench.plugins import activate_with_project
from bench.remote import fetched_folder, settle
from bench.suites.library import find_suite
from bench.suites.suite import Suite

from .carry_out import carried_out
from .engines import EngineChoice
from .files import write_files
from .part import Shard
from .specification import RunSpecification

if TYPE_CHECKING:
    import pandas as pd


def run(
    method: str | Sequence[str],
    *,
    id: str = "",
    ood: str | Sequence[str] = (),
    suite: str | Path | Suite | None = None,
    group: str | Sequence[str] = (),
    shifted: str | Sequence[str] = (),
    seeds: int | Sequence[int] | None = None,
    settings: Mapping[str, Any] | None = None,
    out: str | Path = "runs/latest",
    files: bool = False,
    plugin: str | Path | Sequence[str | Path] = (),
    engine: str | None = None,
    processes: int | None = None,
    scheduler: str | None = None,
    slurm: Mapping[str, Any] | None = None,
    patience: float | None = None,
    shard: str | None = None,
    **options: Any,
) -> pd.DataFrame:
    """Run methods on ID/OOD pairs and return one row per cell; what `out` holds already is not computed again.

    A `suite` (a name, or the path of a TOML file) names the ID set and the OOD sets; `ood` and `group` narrow it.
    The sets `shifted` count as in-distribution in the test, besides the ID test images: full-spectrum evaluation.

    The arguments are those of `bench run`: `network`, `checkpoint`, `normalize`, `transform`, `last_layer`, `recipe`,
    `protocol`, `tune_on`, `full_spectrum`, `device`, `data`; `seeds` is a number of seeds to train with, or the seeds;
    `settings` maps `"odin.epsilon"` to a value. With `files` the tables and plots are written to `out` too. `plugin`
    are files of your own whose names are used. The cells are computed by an `engine`, with `processes`, a `scheduler`
    or parameters of `slurm`, and `patience` of so many seconds with a Dask cluster that has no workers; of a `shard`
    such as "2/5" that part of them only. Metrics are fractions in [0, 1]; scores
    are larger for more in-distribution images. Raises `BenchError` for bad input, and when cells failed, after all
    others are done.
    """
    activate_with_project(plugin)
    specification = RunSpecification(
        method=_several(method),
        id=id,
        ood=_several(ood),
        suite=find_suite(str(suite)) if isinstance(suite, str | Path) else suite,
        group=_several(group),
        shifted=_several(shifted),
        seeds=None if seeds is None else tuple(range(seeds) if isinstance(seeds, int) else seeds),
        settings=settings or {},
        bindings=project_bindings(Path.cwd()),
        out=fetched_folder(out),
        **options,
    )
    choice = EngineChoice(engine, processes, scheduler, dict(slurm or {}), patience)
    chosen = choice.make(specification.out, specification.device)
    part = None if shard is None else Shard.parse(shard)
    with carried_out(specification, chosen, part) as outcome:
        settle(specification.out, write_files(specification.out) if files and outcome.rows else ())
    return outcome.to_frame()


def _several(names: str | Sequence[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)
