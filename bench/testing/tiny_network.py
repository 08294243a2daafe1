"""A small network that nobody trained and that tells the tiny images apart: seeded filters, a solved last layer."""

from __future__ import annotations

import copy
from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bench.data.transform import InputTransform
from bench.networks.classifier import Classifier, build_network

from .tiny_images import CLASSES, SIDE, tiny_images

TRANSFORM = InputTransform(SIDE, SIDE, 3, (0.45, 0.45, 0.45), (0.2, 0.2, 0.2))

MARGIN, RIDGE = 20, 10


def tiny_network(*, confidence_branch: bool = False) -> Classifier:
    """A network of one's own, in eval mode, whose parameters ask for gradients as a user's do."""
    return copy.deepcopy(_made(confidence_branch))


@cache
def _made(confidence_branch: bool) -> Classifier:
    """Batch normalisation has the training images' statistics, and the last layer knows classes and noise.

    The confidence branch trusts what looks more like training images than like noise.
    """
    network = build_network("convnet", CLASSES, confidence_branch=confidence_branch, seed=1)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    train = tiny_images()["train"]
    with torch.no_grad():
        network.train()(TRANSFORM(train.pixels))
        features = network.eval()(TRANSFORM(train.pixels)).features
        assert train.labels is not None
        noise = network(TRANSFORM(tiny_images()["ood"].pixels)).features
        _set(network.classifier, *_last_layer(features, torch.from_numpy(train.labels), noise))
        if network.confidence is not None:
            usual, stray = features.mean(0), noise.mean(0)
            towards = 3 * (usual - stray) / (usual - stray).square().sum()
            _set(network.confidence, towards[None], -(towards @ (usual + stray) / 2)[None])
    return network


def _last_layer(features: Tensor, labels: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
    """Weight and bias, by ridge regression, of a layer that says 20 for an image's class and 0 for all of noise.

    With that margin the softmax of many images is exactly 1 in float32, as it is with trained networks.
    """
    targets = torch.cat([MARGIN * F.one_hot(labels, CLASSES), torch.zeros(len(noise), CLASSES)]).double()
    rows = F.pad(torch.cat([features, noise]), (0, 1), value=1.0).double()
    ridge = RIDGE * torch.eye(rows.shape[1], dtype=torch.float64)
    solved = torch.linalg.solve(rows.T @ rows + ridge, rows.T @ targets).float()
    return solved[:-1].T, solved[-1]


def _set(layer: nn.Linear, weight: Tensor, bias: Tensor) -> None:
    layer.weight.copy_(weight)
    layer.bias.copy_(bias)
