"""`bench.misclassification`: right against wrong predictions from Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.data.project import project_bindings
from bench.plugins import activate_with_project
from bench.remote import fetched_folder, settle
from bench.running.engines import EngineChoice

from .execute import execute_predictions, write_prediction_files
from .rows import rows_to_frame
from .specification import PredictionPreparation, PredictionSpecification

if TYPE_CHECKING:
    import pandas as pd


def misclassification(
    method: str | Sequence[str],
    *,
    id: str,
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
    **options: Any,
) -> pd.DataFrame:
    """Say how well methods tell right from wrong predictions on the ID test set; one row per method and seed.

    The arguments are those of `bench misclassification`: `network`, `checkpoint`, `normalize`, `recipe`, `device`,
    `data`; `seeds` is a number of seeds to train with, or the seeds; `settings` maps `"odin.epsilon"` to a value. What
    `out` holds already is not computed again; with `files` the table and figures are written there too. `plugin` are
    files of your own whose names are used. The cells are computed by an `engine`, whose options are those of
    `bench.run`. The columns are those of `bench.predictions.rows`: metrics are fractions in [0, 1], or missing where
    undefined. Raises `BenchError` for bad input, and when cells failed, after all others are done.
    """
    activate_with_project(plugin)
    specification = PredictionSpecification(
        method=(method,) if isinstance(method, str) else tuple(method),
        id=id,
        seeds=None if seeds is None else tuple(range(seeds) if isinstance(seeds, int) else seeds),
        settings=settings or {},
        bindings=project_bindings(Path.cwd()),
        out=fetched_folder(out),
        **options,
    )
    choice = EngineChoice(engine, processes, scheduler, dict(slurm or {}), patience)
    chosen = choice.make(specification.folder, specification.device)
    outcome = execute_predictions(PredictionPreparation(specification), chosen)
    written = write_prediction_files(specification.folder) if files and outcome.rows else ()
    settle(specification.folder, written)
    outcome.require_complete()
    return rows_to_frame(outcome.rows)
