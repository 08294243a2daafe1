"""`bench toy`: the picture that explains the learned confidence."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import Settings
from .results_folder import local


def toy(
    ablation: Annotated[
        str, typer.Argument(metavar="NAME|FILE.toml", help="An ablation of the objective: budget, hints, or a file.")
    ] = "budget",
    seed: Annotated[int, typer.Option(help="Seed of the points, the weights and the order.")] = 0,
    setting: Settings = None,
    out: Annotated[Path, typer.Option(metavar="DIR", parser=local, help="Folder of the figure.")] = Path("runs/toy"),
) -> None:
    """Draw what a network learns to be confident of, on points of the plane with noisy labels, in seconds on a CPU.

    A panel for each variant: the same points and weights to begin with, another budget, or another share of hints.
    """
    from bench.ablation.file import read_ablation
    from bench.ablation.outcome import write_reports
    from bench.ablation.toy import toy_surfaces
    from bench.atomic import require_writable
    from bench.running.specification import settings_from

    found = read_ablation(ablation)
    require_writable(out)
    outcome = toy_surfaces(found, settings_from(setting or []), seed)
    for surface in outcome.surfaces:
        measured = ", ".join(f"{name} {value:.3f}" for name, value in surface.measured.items())
        print(f"{outcome.axis} {surface.variant}: {measured}")
    for path in write_reports(outcome, out):
        print(path)
