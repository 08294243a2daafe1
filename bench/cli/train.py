"""`bench train`: train a network without evaluating it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import Data, Device, Network, Recipe, Settings
from .results_folder import local


def train(
    id: Annotated[str, typer.Option("--id", help="Data set to train on.")],
    objective: Annotated[str, typer.Option(help="Training objective (see: bench list objectives).")] = "cross-entropy",
    network: Network = None,
    recipe: Recipe = None,
    seed: Annotated[int, typer.Option(help="Seed of weights, order and augmentation.")] = 0,
    setting: Settings = None,
    device: Device = "auto",
    data: Data = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", parser=local, help="Also write the checkpoint to this file.")
    ] = None,
) -> None:
    """Train a network, or find it trained, and print the path of its checkpoint.

    An interrupted training goes on from its last finished epoch. bench run finds the network again by itself. With
    torchrun --nproc-per-node N -m bench train … N processes train it, on a GPU each where there are GPUs.
    """
    from bench.data.broken import usable
    from bench.data.dataset import Place
    from bench.data.location import data_root
    from bench.data.project import project_bindings
    from bench.data.resolve import resolve_dataset
    from bench.running.specification import settings_from, settings_of
    from bench.training.planning import plan_training
    from bench.training.team import joined_team
    from bench.training.together import find_or_train_together

    settings = settings_from(setting or [])
    data_set = resolve_dataset(id, project_bindings(Path.cwd()), settings_of(settings, id))
    images = usable(data_set.load("train", Place(data_root(data))), data_set.name)
    plan = plan_training(
        data_set,
        images,
        objective=objective,
        network=network,
        recipe=recipe,
        seed=seed,
        recipe_settings=settings_of(settings, "recipe"),
        objective_settings=settings_of(settings, objective),
    )
    with joined_team(device) as (team, own_device):
        checkpoint = find_or_train_together(plan, images, own_device, team)
    if team.rank == 0:
        if out is not None:
            checkpoint.save(out)
        print(out or plan.path)
