"""How long a training takes, from a few steps of it."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import torch

from bench.networks.classifier import build_network
from bench.training.loop import TrainingData, train_epoch
from bench.training.train import TrainingPlan

SMALLEST_BATCH, GROWTH = 2, 8

ENOUGH_SECONDS = 1.0
"""Where a step takes longer than this, larger batches are not tried."""

FORWARD_SHARE = 1 / 3
"""The forward pass among the time of a training step; the backward pass takes about twice as long."""


def seconds_per_image(plan: TrainingPlan, device: torch.device) -> float:
    """The time that one image of a training step takes on `device`, from steps on random images.

    The batch grows to the recipe's size unless a step takes long, so that slow networks are timed on few images.
    """
    step, size = _Step(plan, device), min(SMALLEST_BATCH, plan.recipe.batch_size)
    while True:
        step.seconds(size)  # the first step of a size also allocates and chooses algorithms
        seconds = min(step.seconds(size), step.seconds(size))
        if seconds > ENOUGH_SECONDS or size == plan.recipe.batch_size:
            return seconds / size
        size = min(size * GROWTH, plan.recipe.batch_size)


class _Step:
    """A network of the plan's kind, trained with the plan's recipe and objective."""

    def __init__(self, plan: TrainingPlan, device: torch.device) -> None:
        self.plan, self.device, self.objective = plan, device, plan.make_objective()
        model = build_network(
            plan.network,
            len(plan.classes),
            channels=plan.transform.channels,
            confidence_branch=self.objective.confidence_branch,
            seed=0,
        )
        self.model = model.to(device).to(memory_format=torch.channels_last)
        momentum = plan.recipe.momentum
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=plan.recipe.learning_rate, momentum=momentum)

    def seconds(self, size: int) -> float:
        """The time of one step with `size` images; the epoch's sums are read at its end, so the device has finished."""
        transform, recipe = self.plan.transform, replace(self.plan.recipe.on(self.device), batch_size=size)
        stream = np.random.default_rng(0)
        pixels = stream.integers(0, 256, (size, transform.height, transform.width, transform.channels), dtype=np.uint8)
        labels = stream.integers(0, len(self.plan.classes), size)
        data = TrainingData.prepare(pixels, labels, transform, recipe.augmentation, self.device)
        started = time.perf_counter()
        train_epoch(
            self.model, self.optimizer, self.objective, data, recipe, epoch=0, seed=0, after_step=lambda *_: None
        )
        return time.perf_counter() - started
