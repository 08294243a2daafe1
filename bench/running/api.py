"""`bench.run`: the main job from Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.data.project import project_bindings

from .execute import execute, write_files
from .preparation import Preparation
from .specification import RunSpecification

if TYPE_CHECKING:
    import pandas as pd


def run(
    method: str | Sequence[str],
    *,
    id: str,
    ood: str | Sequence[str],
    shifted: str | Sequence[str] = (),
    seeds: int | Sequence[int] | None = None,
    settings: Mapping[str, Any] | None = None,
    out: str | Path = "runs/latest",
    files: bool = False,
    **options: Any,
) -> pd.DataFrame:
    """Run methods on ID/OOD pairs and return one row per cell; what `out` holds already is not computed again.

    The sets `shifted` count as in-distribution in the test, besides the ID test images: full-spectrum evaluation.

    The arguments are those of `bench run`: `network`, `checkpoint`, `normalize`, `recipe`, `protocol`, `tune_on`,
    `device`, `data`; `seeds` is a number of seeds to train with, or the seeds; `settings` maps `"odin.epsilon"` to a
    value. With `files` the tables and plots are written to `out` too. Metrics are fractions in [0, 1]; scores are
    larger for more in-distribution images. Raises `BenchError` for bad input, and when cells failed, after all others
    are done.
    """
    specification = RunSpecification(
        method=_several(method),
        id=id,
        ood=_several(ood),
        shifted=_several(shifted),
        seeds=None if seeds is None else tuple(range(seeds) if isinstance(seeds, int) else seeds),
        settings=settings or {},
        bindings=project_bindings(Path.cwd()),
        out=Path(out),
        **options,
    )
    outcome = execute(Preparation(specification))
    if files and outcome.rows:
        write_files(specification.out)
    return outcome.to_frame()


def _several(names: str | Sequence[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)
