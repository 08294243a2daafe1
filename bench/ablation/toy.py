"""A picture of a confidence objective: a small network on points of the plane, and its confidence everywhere.

The classes are the quadrants of the plane, opposite ones alike (XOR). The label of a point is that of a place near it,
so that labels are noisy along the borders between the classes, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from torch import Tensor, nn

from bench.errors import BenchError
from bench.method_contract import METHODS
from bench.networks.classifier import NetworkOutput
from bench.running.selection import select_methods
from bench.running.specification import require_used, settings_of
from bench.seeds import derived_seed, torch_generator
from bench.training.objective import OBJECTIVES, Objective

from .file import Ablation
from .outcome import Surface, Surfaces

POINTS, BLUR = 600, 0.15
"""Number of training points in [-1, 1]², and how far their labels are taken from (standard deviation)."""

EXTENT, GRID = 1.6, 161
"""The plane is looked at beyond the points, in [-EXTENT, EXTENT]², at GRID x GRID places."""

WIDTH, EPOCHS, BATCH, LEARNING_RATE, MOMENTUM = 64, 200, 128, 0.1, 0.9


def draw_points(seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Points `(N, 2)`, their labels `(N,)`, 0 or 1, and which of these are not the label of the point's own place."""
    generator = torch_generator(seed, "toy", "points")
    points = 2 * torch.rand(POINTS, 2, generator=generator) - 1
    near = points + BLUR * torch.randn(POINTS, 2, generator=generator)
    labels, own = ((places.prod(1) > 0).long() for places in (near, points))
    return points, labels, labels != own


class ToyNetwork(nn.Module):
    """Two hidden layers on two coordinates, with the classifier and the confidence branch on the last of them."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(2, WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH), nn.ReLU())
        self.classifier, self.confidence = nn.Linear(WIDTH, 2), nn.Linear(WIDTH, 1)

    def forward(self, points: Tensor) -> NetworkOutput:
        """What the network says of points `(N, 2)`."""
        features = self.trunk(points)
        return NetworkOutput(self.classifier(features), features, self.confidence(features).squeeze(1))


def toy_surfaces(ablation: Ablation, settings: Mapping[str, Any], seed: int) -> Surfaces:
    """The surface of each variant of an ablation of a confidence objective, in seconds on a CPU.

    `settings` go over those of the file. Raises `BenchError` where the variants do not differ in such an objective.
    """
    name = _objective_of(ablation)
    require_used(settings, [name])
    points, labels, wrong = draw_points(seed)
    surfaces: list[Surface] = []
    seen: list[dict[str, Any]] = []
    for variant in ablation.variants:
        of_file = {**ablation.base.get("settings", {}), **variant.changes.get("settings", {})}
        objective = OBJECTIVES.get(name).make(settings_of({**of_file, **settings}, name))
        if objective.parameters() in seen:
            raise BenchError(f"The variants of {ablation.name} do not all differ in the settings of {name}.")
        seen.append(objective.parameters())
        with threadpool_limits(1, user_api="openmp"):  # so small a network is slower on several threads
            network, measured = train_toy(objective, points, labels, seed)
        surfaces.append(_surface(variant.name, network, measured))
    return Surfaces(
        axis=ablation.axis,
        extent=EXTENT,
        points=points.double().numpy(),
        labels=labels.numpy(),
        wrong=wrong.numpy(),
        surfaces=surfaces,
    )


def _objective_of(ablation: Ablation) -> str:
    """The one objective of the ablation's methods that trains a confidence branch."""
    given = ablation.base.get("method", ())
    methods = select_methods([given] if isinstance(given, str) else given)
    objectives = dict.fromkeys(METHODS.get(method).objective for method in methods)
    for objective in objectives:
        if objective is not None and OBJECTIVES.get(objective).confidence_branch and ablation.variants:
            return str(objective)
    raise BenchError(f"{ablation.name} has no variants of an objective that trains a confidence, such as budget has.")


def train_toy(objective: Objective, points: Tensor, labels: Tensor, seed: int) -> tuple[ToyNetwork, dict[str, float]]:
    """A network trained on the points, and the last epoch's means: `accuracy`, and what the objective measured.

    What the objective keeps is added as it is at the end. Networks of one seed begin with equal weights and see the
    points in the same order.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derived_seed(seed, "toy", "weights"))
        network = ToyNetwork()
    optimizer = torch.optim.SGD(network.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM)
    sums: dict[str, float] = {}
    for epoch in range(EPOCHS):
        generator = torch_generator(seed, "toy", "epoch", epoch)
        sums = {}
        for chosen in torch.split(torch.randperm(len(points), generator=generator), BATCH):
            output = network(points[chosen])
            loss = objective.loss(output, labels[chosen], generator)
            optimizer.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            optimizer.step()
            accuracy = (output.logits.argmax(1) == labels[chosen]).float().mean()
            for name, value in {"accuracy": accuracy, **objective.measured}.items():
                sums[name] = sums.get(name, 0.0) + float(value) * len(chosen)
    kept = {name: float(value) for name, value in objective.state.items()}
    return network, {name: value / len(points) for name, value in sums.items()} | kept


def _surface(variant: str, network: ToyNetwork, measured: Mapping[str, float]) -> Surface:
    axis = torch.linspace(-EXTENT, EXTENT, GRID)
    second, first = torch.meshgrid(axis, axis, indexing="ij")
    with torch.no_grad():
        output = network(torch.stack([first, second], -1).reshape(-1, 2))
    assert output.confidence_logit is not None
    confidence = output.confidence_logit.double().sigmoid().reshape(GRID, GRID)
    positive = output.logits.double().softmax(1)[:, 1].reshape(GRID, GRID)
    return Surface(variant, np.asarray(confidence), np.asarray(positive), measured)
