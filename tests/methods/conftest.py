"""Made features of a last layer with five classes: what a method fits on, and what it is to tell apart."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bench.data.images import ArrayImages
from bench.data.transform import InputTransform
from bench.extraction.extract import extract
from bench.extraction.outputs import Outputs
from bench.extraction.probe import Probe, Seen
from bench.extraction.view import CLEAN
from bench.fitting.data import Facts, FitData, Head
from bench.method_contract import Method
from bench.networks.classifier import Classifier, build_network

CLASSES, FEATURES, TRAIN, COUNT = 5, 16, 400, 60
LAYER_TRANSFORM = InputTransform(32, 32, 1, (0.5,), (0.25,))


@dataclass(frozen=True)
class Case:
    """Training outputs and the last layer, and the outputs of ID and OOD test images, all made from one seed.

    Features are not negative, like those behind a ReLU, and some of them are zero; the logits are the last layer's
    float32 output. ID features are large where their class is; OOD features are small there and stray where ID
    features never go. Each has confidence logits and labels (those of OOD images mean nothing).
    """

    data: FitData
    id: Outputs
    ood: Outputs
    facts: Facts


def make(seed: int = 0) -> Case:
    stream = np.random.default_rng([2026, seed])
    patterns = np.zeros((CLASSES, FEATURES))
    patterns[np.arange(CLASSES), 2 * np.arange(CLASSES)] = 4
    patterns[np.arange(CLASSES), 2 * np.arange(CLASSES) + 1] = 3
    weight = (patterns - patterns.mean(0)) / 4 + stream.normal(0, 0.05, patterns.shape)
    head = Head(weight.astype(np.float32).astype(np.float64), stream.normal(0, 0.1, CLASSES))

    def outputs(features: NDArray[np.float64], labels: NDArray[np.int64], confidence: float) -> Outputs:
        rows = features.clip(0).astype(np.float32)
        trust = stream.normal(confidence, 0.5, len(rows))
        return Outputs(head.logits(rows).astype(np.float32), rows, trust.astype(np.float32), labels)

    def inside(count: int) -> Outputs:
        labels = stream.permutation(np.arange(count) % CLASSES)
        return outputs(patterns[labels] + stream.normal(0.3, 0.35, (count, FEATURES)), labels, 3)

    train, tested = inside(TRAIN), inside(COUNT)
    stray = stream.normal(0.5, 0.5, (COUNT, FEATURES))
    stray[:, 10:] += 1.2
    ood = outputs(stray, stream.integers(0, CLASSES, COUNT), -1)
    assert train.labels is not None
    facts = Facts(CLASSES, FEATURES, np.bincount(train.labels, minlength=CLASSES))
    return Case(FitData(head, train), tested, ood, facts)


@pytest.fixture
def case() -> Case:
    """The case of seed 0, made anew for each test."""
    return make()


@pytest.fixture
def make_case() -> Callable[[int], Case]:
    """A function from a seed to a case."""
    return make


@dataclass(frozen=True, eq=False)
class Raw(Probe):
    """The network's input itself, and with it the network, from which an oracle computes all anew."""

    network: Classifier

    def __call__(self, seen: Seen) -> Tensor:
        return seen.images


@cache
def layer_network() -> tuple[Classifier, dict[str, ArrayImages]]:
    """A network nobody trained: seeded filters, the statistics of the training images, class means for a last layer.

    ID images are a smooth pattern for each class under noise; OOD images are noise alone.
    """
    stream = np.random.default_rng(7)
    grid = np.linspace(0, 1, 32)
    waves = [
        np.cos(2 * np.pi * (a * grid[:, None] + b * grid + phase))
        for a, b, phase in zip([1, 0, 1, 2, 2], [0, 1, 1, 1, -1], stream.random(CLASSES), strict=True)
    ]

    def inside(count: int) -> ArrayImages:
        labels = stream.permutation(np.arange(count) % CLASSES)
        shades = 0.5 + 0.3 * np.stack(waves)[labels] * stream.uniform(0.6, 1, (count, 1, 1))
        noisy = shades + stream.normal(0, 0.08, shades.shape)
        return ArrayImages((255 * noisy.clip(0, 1)).astype(np.uint8), labels)

    images = {"train": inside(1200), "id": inside(COUNT)}
    noise = stream.normal(0.5, 0.15, (COUNT, 32, 32)).clip(0, 1)
    images["ood"] = ArrayImages((255 * noise).astype(np.uint8), images["id"].labels)
    network = build_network("convnet", CLASSES, channels=1, seed=1)
    batch = LAYER_TRANSFORM(images["train"].pixels)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = 1.0
        network.train()(batch)
        features = network.eval()(batch).features
        labels = torch.from_numpy(images["train"].labels)
        means = torch.stack([features[labels == label].mean(0) for label in range(CLASSES)])
        network.classifier.weight.copy_(means - means.mean(0))
        network.classifier.bias.copy_((means.mean(0).square().sum() - means.square().sum(1)) / 2)
    return network.requires_grad_(False), images


@pytest.fixture
def layer_case() -> Callable[[Method], Case]:
    """A function from a method, which it fits, to a case of a real network with all that the method's probes see.

    An oracle finds the network's input as what a `Raw` probe has seen, and the network as that probe's.
    """

    def make_layer_case(method: Method) -> Case:
        network, images = layer_network()

        def seen(name: str, probes: tuple[Probe, ...]) -> Outputs:
            view = CLEAN if name == "train" else method.view()
            wanted = {view: (*probes, Raw(network))}
            device = torch.device("cpu")
            return extract(network, images[name], LAYER_TRANSFORM, [view], device=device, probes=wanted)[view]

        weight, bias = (value.detach().double().numpy() for value in network.classifier.parameters())
        data = FitData(Head(weight, bias), seen("train", method.fit_probes()))
        probes = method.fit(data).probes()
        facts = Facts(CLASSES, weight.shape[1], np.bincount(data.labels, minlength=CLASSES))
        return Case(data, seen("id", probes), seen("ood", probes), facts)

    return make_layer_case
