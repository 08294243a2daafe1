"""How long jobs will take: trainings that are not done yet, and passes over the test images."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch

from bench.running.preparation import Preparation
from bench.training.train import TrainingPlan

from .calibration import FORWARD_SHARE, seconds_per_image


@dataclass
class Estimator:
    """Times each kind of network once, by a short calibration on `device`."""

    device: torch.device
    _times: dict[tuple[str, str, str, int], float] = field(default_factory=dict)

    def training(self, plan: TrainingPlan, count: int) -> float:
        """Seconds to train a network on `count` images; none where it is found trained."""
        return 0.0 if plan.path.exists() else count * plan.recipe.epochs * self._per_image(plan)

    def testing(self, preparation: Preparation) -> float:
        """Seconds of the passes over ID and OOD images: forward, and a step more for methods that need gradients.

        What is tuned passes once for each of its candidates over the tuning images too, which is not counted.
        """
        count = len(preparation.id_images) + sum(map(len, preparation.ood_images.values()))
        total = 0.0
        for need in preparation.needs:
            if need.plan is not None:
                steps = sum("gradients" in method.needs for method in need.methods)
                total += count * (FORWARD_SHARE + steps * (1 + FORWARD_SHARE)) * self._per_image(need.plan)
        return total

    def _per_image(self, plan: TrainingPlan) -> float:
        key = (plan.network, plan.id_dataset, plan.objective, plan.recipe.batch_size)
        if key not in self._times:
            self._times[key] = seconds_per_image(plan, self.device)
        return self._times[key]
