"""One epoch of training: the same loop for every network and objective."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from bench.data.images import Labels, Pixels
from bench.data.transform import InputTransform
from bench.seeds import torch_generator

from .augmentation import ALL, crop_and_flip, cutout, pad_images
from .objective import Objective
from .recipe import Augmentation, Recipe
from .schedule import learning_rate
from .team import ALONE, Team


@dataclass
class TrainingData:
    """All training images on the training device, with the border that crops need.

    `padded` is `(N, H + 2p, W + 2p, C)`, bytes or float32 in [0, 1]; `labels` is `(N,)`.
    """

    padded: Tensor
    labels: Tensor
    transform: InputTransform

    @classmethod
    def prepare(
        cls,
        pixels: Pixels,
        labels: Labels,
        transform: InputTransform,
        augmentation: Augmentation,
        device: torch.device,
    ) -> TrainingData:
        """From a data set's images; bytes of the right shape stay bytes, others become floats sized by `transform`."""
        wanted = (transform.height, transform.width, transform.channels)
        if isinstance(pixels, np.ndarray) and pixels.dtype == np.uint8 and pixels.shape[1:] == wanted:
            rows = torch.from_numpy(np.require(pixels, requirements=["C", "W"]))
        else:
            rows = transform.to_unit(pixels).permute(0, 2, 3, 1)
        padded = pad_images(rows, augmentation).contiguous().to(device)
        return cls(padded, torch.from_numpy(labels).to(device), transform)

    def __len__(self) -> int:
        return len(self.labels)

    def batch(self, chosen: Tensor, recipe: Recipe, generator: torch.Generator, part: slice = ALL) -> Tensor:
        """The `part` of a batch of `chosen` images, augmented and normalised `(B, C, H, W)` in channels-last memory."""
        pixels = crop_and_flip(self.padded, chosen, recipe.augmentation, generator, part).permute(0, 3, 1, 2)
        unit = pixels.float() / 255 if pixels.dtype == torch.uint8 else pixels
        return cutout(self.transform.normalize(unit), recipe.augmentation, generator, len(chosen), part)


@dataclass
class Totals:
    """Sums over an epoch, kept on the device so that a step never waits for it."""

    count: int = 0
    sums: dict[str, Tensor] = field(default_factory=dict)

    def add(self, count: int, **values: Tensor) -> None:
        """Add batch sums."""
        self.count += count
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, torch.zeros((), device=value.device)) + value.detach()

    def means(self) -> dict[str, float]:
        """Per-image means."""
        return {name: float(value) / self.count for name, value in self.sums.items()}


def train_epoch(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    objective: Objective,
    data: TrainingData,
    recipe: Recipe,
    *,
    epoch: int,
    seed: int,
    after_step: Callable[[int, int], None],
    team: Team = ALONE,
) -> dict[str, float]:
    """Train one epoch; every random choice depends only on `seed` and `epoch`, so an epoch can be done again.

    In a `team` each process passes its part of every batch, and the loss is that of the whole batch in all of them;
    `model` is then one that `shared_model` made.

    Returns means over the epoch's images: `loss`, `accuracy`, with the branch `confidence`, and what the objective
    measured. `after_step` is called with the number of images done and the number in the epoch.
    """
    generator = torch_generator(seed, "epoch", epoch)
    order = torch.randperm(len(data), generator=generator).to(data.labels.device)
    batches = [batch for batch in torch.split(order, recipe.batch_size) if len(batch) > 1 or len(data) == 1]
    totals, done = Totals(), 0
    model.train()
    for step, chosen in enumerate(batches):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(recipe, epoch + step / len(batches))
        images, labels = data.batch(chosen, recipe, generator, team.part(len(chosen))), data.labels[chosen]
        with torch.autocast(images.device.type, torch.bfloat16, enabled=recipe.precision == "bf16"):
            output = team.whole(model(images), len(chosen))
        loss = objective.loss(output, labels, generator)
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss * team.size if team.size > 1 else loss)
        optimizer.step()
        done += len(chosen)
        correct = (output.logits.argmax(1) == labels).sum()
        extra = (
            {} if output.confidence_logit is None else {"confidence": output.confidence_logit.float().sigmoid().sum()}
        )
        measured = {name: value * len(chosen) for name, value in objective.measured.items()}
        totals.add(len(chosen), loss=loss * len(chosen), accuracy=correct, **extra, **measured)
        after_step(done, len(data))
    return totals.means()
