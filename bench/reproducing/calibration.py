"""How long a training takes, from a few steps of it."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import torch

from bench.networks.classifier import build_network
from bench.training.loop import TrainingData, train_epoch
from bench.training.train import TrainingPlan

SMALLEST_BATCH, GROWTH = 2, 4

ENOUGH_SECONDS = 0.5
"""A step that takes longer than this is not tried with more images."""

FORWARD_SHARE = 1 / 3
"""The forward pass among the time of a training step; the backward pass takes about twice as long."""


def seconds_per_image(plan: TrainingPlan, device: torch.device) -> float:
    """The time that one image of a training step takes on `device`, from steps on random images.

    The batch grows until a step takes long or is of the recipe's size, so slow networks are timed on few images.
    """
    size = SMALLEST_BATCH
    _step_seconds(plan, device, size)  # the first step also allocates and chooses algorithms
    while True:
        seconds = _step_seconds(plan, device, size)
        if seconds > ENOUGH_SECONDS or size == plan.recipe.batch_size:
            return seconds / size
        size = min(size * GROWTH, plan.recipe.batch_size)


def _step_seconds(plan: TrainingPlan, device: torch.device, size: int) -> float:
    transform, objective = plan.transform, plan.make_objective()
    stream = np.random.default_rng(0)
    pixels = stream.integers(0, 256, (size, transform.height, transform.width, transform.channels), dtype=np.uint8)
    labels = stream.integers(0, len(plan.classes), size)
    model = build_network(
        plan.network,
        len(plan.classes),
        channels=transform.channels,
        confidence_branch=objective.confidence_branch,
        seed=0,
    ).to(device)
    model = model.to(memory_format=torch.channels_last)
    data = TrainingData.prepare(pixels, labels, transform, plan.recipe.augmentation, device)
    optimizer = torch.optim.SGD(model.parameters(), lr=plan.recipe.learning_rate, momentum=plan.recipe.momentum)
    recipe = replace(plan.recipe, batch_size=size)
    started = time.perf_counter()
    train_epoch(
        model, optimizer, objective, data, recipe, epoch=0, seed=0, after_step=lambda *_: None
    )  # reads its sums at the end, so the device has finished
    return time.perf_counter() - started
