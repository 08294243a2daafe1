"""One epoch against the same epoch written out by hand."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bench.data.transform import InputTransform
from bench.networks.classifier import NetworkOutput
from bench.seeds import torch_generator
from bench.training.loop import TrainingData, train_epoch
from bench.training.objective import CrossEntropy, Objective
from bench.training.recipe import Augmentation, Recipe
from bench.training.schedule import learning_rate

TRANSFORM = InputTransform(2, 2, 1, (0.5,), (0.25,))
COUNT, CLASSES = 21, 3


class Linear(nn.Module):
    """Logits that are linear in the four pixels; it counts its calls."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, CLASSES)
        with torch.no_grad():
            self.layer.weight.copy_(torch.linspace(-0.5, 0.5, 12).view(CLASSES, 4))
            self.layer.bias.copy_(torch.tensor([0.1, -0.2, 0.05]))
        self.sizes: list[int] = []

    def forward(self, images: Tensor) -> NetworkOutput:
        assert self.training
        self.sizes.append(len(images))
        features = images.flatten(1)
        return NetworkOutput(self.layer(features), features, None)


def some_data(count: int = COUNT) -> TrainingData:
    stream = np.random.default_rng(0)
    pixels = stream.integers(0, 256, (count, 2, 2, 1), dtype=np.uint8)
    labels = stream.integers(0, CLASSES, count)
    return TrainingData.prepare(pixels, labels, TRANSFORM, Augmentation(), torch.device("cpu"))


def run_epoch(
    model: Linear, data: TrainingData, recipe: Recipe, epoch: int, told: list[int], objective: Objective | None = None
) -> dict[str, float]:
    optimizer = torch.optim.SGD(
        model.parameters(),
        lr=recipe.learning_rate,
        momentum=recipe.momentum,
        nesterov=recipe.nesterov,
        weight_decay=recipe.weight_decay,
    )
    return train_epoch(
        model,
        optimizer,
        objective or CrossEntropy(),
        data,
        recipe,
        epoch=epoch,
        seed=5,
        after_step=lambda done, total: told.extend((done, total)),
    )


@pytest.mark.parametrize("nesterov", [True, False])
@pytest.mark.parametrize("epoch", [0, 2])
def test_an_epoch_is_sgd_with_momentum_and_weight_decay_on_all_parameters(nesterov: bool, epoch: int) -> None:
    recipe = Recipe("r", epochs=4, batch_size=6, learning_rate=0.3, weight_decay=0.05, warmup=1.0, nesterov=nesterov)
    model, data, told = Linear(), some_data(), list[int]()
    parameters = [model.layer.weight.detach().double().clone(), model.layer.bias.detach().double().clone()]
    means = run_epoch(model, data, recipe, epoch, told)

    order = torch.randperm(COUNT, generator=torch_generator(5, "epoch", epoch))
    pixels, labels = data.padded.double().flatten(1) / 255, data.labels
    inputs = (pixels - 0.5) / 0.25
    momenta = [torch.zeros_like(parameter) for parameter in parameters]
    losses, hits = 0.0, 0
    for step in range(4):
        chosen = order[step * 6 : step * 6 + 6]
        weight, bias = parameters
        logits = inputs[chosen] @ weight.T + bias
        p = logits.exp() / logits.exp().sum(1, keepdim=True)
        errors = (p - F.one_hot(labels[chosen], CLASSES)) / len(chosen)
        losses += float(-p[range(len(chosen)), labels[chosen]].log().sum())
        hits += int((logits.argmax(1) == labels[chosen]).sum())
        rate = learning_rate(recipe, epoch + step / 4)
        for place, gradient in enumerate((errors.T @ inputs[chosen], errors.sum(0))):
            decayed = gradient + 0.05 * parameters[place]
            momenta[place] = decayed if step == 0 else 0.9 * momenta[place] + decayed
            move = decayed + 0.9 * momenta[place] if nesterov else momenta[place]
            parameters[place] = parameters[place] - rate * move

    assert torch.allclose(model.layer.weight.double(), parameters[0], atol=1e-5)
    assert torch.allclose(model.layer.bias.double(), parameters[1], atol=1e-5)
    assert means == pytest.approx({"loss": losses / COUNT, "accuracy": hits / COUNT}, rel=1e-5)
    assert told == [6, 21, 12, 21, 18, 21, 21, 21]


def test_what_the_objective_measured_is_averaged_over_images() -> None:
    """Batches of 6, 6, 6 and 3 images whose measurement is the number of the batch; most objectives measure nothing."""

    class Counting(CrossEntropy):
        steps = 0

        def loss(self, output: NetworkOutput, labels: Tensor, generator: torch.Generator) -> Tensor:
            self.measured["step"] = torch.tensor(float(self.steps))
            self.steps += 1
            return super().loss(output, labels, generator)

    means = run_epoch(Linear(), some_data(), Recipe("r", batch_size=6), 0, [], Counting())
    assert means["step"] == pytest.approx((6 * 0 + 6 * 1 + 6 * 2 + 3 * 3) / COUNT)
    assert set(run_epoch(Linear(), some_data(), Recipe("r", batch_size=6), 0, [])) == {"loss", "accuracy"}


def test_a_single_image_left_over_is_not_a_batch() -> None:
    """Batch normalisation cannot take one image; in another epoch it will be another image."""
    model = Linear()
    run_epoch(model, some_data(13), Recipe("r", batch_size=6), 0, [])
    assert model.sizes == [6, 6]


def test_every_image_is_seen_once_in_an_order_that_changes_with_the_epoch() -> None:
    seen: list[list[float]] = []

    class Recording(Linear):
        def forward(self, images: Tensor) -> NetworkOutput:
            seen[-1].extend(images[:, 0, 0, 0].tolist())
            return super().forward(images)

    data = some_data(12)
    data.padded[:, 0, 0, 0] = torch.arange(12, dtype=torch.uint8)
    for epoch in (0, 1, 0):
        seen.append([])
        run_epoch(Recording(), data, Recipe("r", batch_size=5, epochs=2), epoch, [])
    assert sorted(seen[0]) == sorted(seen[1]) == sorted(set(seen[0]))
    assert len(seen[0]) == 12
    assert seen[0] != seen[1]
    assert seen[0] == seen[2]


def test_half_precision_is_autocast_and_the_weights_stay_in_single() -> None:
    dtypes = []

    class Recording(Linear):
        def forward(self, images: Tensor) -> NetworkOutput:
            output = super().forward(images)
            dtypes.append(output.logits.dtype)
            return output

    for precision in ("bf16", "fp32"):
        model = Recording()
        means = run_epoch(model, some_data(), Recipe("r", batch_size=21, precision=precision), 0, [])
        assert model.layer.weight.dtype == torch.float32
        assert math.isfinite(means["loss"])
    assert dtypes == [torch.bfloat16, torch.float32]
