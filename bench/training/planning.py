"""From names to a training plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.data.dataset import DataSet
from bench.data.images import Images
from bench.errors import BenchError
from bench.networks.classifier import NETWORKS

from .objective import OBJECTIVES
from .recipe import load_recipe
from .train import TrainingPlan


def plan_training(
    data_set: DataSet,
    images: Images,
    *,
    objective: str,
    network: str | None = None,
    recipe: str | None = None,
    seed: int = 0,
    recipe_settings: Mapping[str, Any] | None = None,
    objective_settings: Mapping[str, Any] | None = None,
) -> TrainingPlan:
    """The plan to train `network` on the training `images` of `data_set`; None means the set's default.

    Raises `BenchError` for a set that is not trained on, and for unknown names and settings.
    """
    transform = data_set.training_transform()
    if transform is None:
        raise BenchError(f"'{data_set.name}' is not a set to train on. Give a trained network with --checkpoint.")
    classes = images.classes or data_set.classes
    if len(classes) < 2:
        count = "one class" if classes else "no classes"
        raise BenchError(f"'{data_set.name}' has {count}; a classifier needs at least two.")
    network = network or data_set.default_network
    NETWORKS.entry(network)
    OBJECTIVES.get(objective).make(objective_settings or {})  # wrong settings are found here, before any training
    return TrainingPlan(
        network=network,
        id_dataset=data_set.name,
        data_identity=images.identity,
        classes=classes,
        transform=transform,
        objective=objective,
        recipe=load_recipe(recipe or data_set.default_recipe, network, data_set.name, **(recipe_settings or {})),
        seed=seed,
        objective_parameters=dict(objective_settings or {}),
    )
