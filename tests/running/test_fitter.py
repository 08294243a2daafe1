"""One pass over the training images for all methods, and each fit once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
import pytest
import torch
from torch import Tensor

from bench.data.images import ArrayImages
from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.extraction.probe import Probe, Seen
from bench.extraction.view import InputLoss, View
from bench.fitting.data import FitData
from bench.method_contract import Method, Scores
from bench.networks.classifier import NetworkOutput
from bench.running.extraction import Extractor
from bench.running.fitter import Fitter
from bench.running.network import TestedNetwork

Shades = Callable[..., ArrayImages]


@dataclass(frozen=True)
class Darkest(Probe):
    share: float = 0.0

    def __call__(self, seen: Seen) -> Tensor:
        return seen.pixels.flatten(1).quantile(self.share, 1)


@dataclass(frozen=True)
class Darker(InputLoss):
    def __call__(self, output: NetworkOutput) -> Tensor:
        return output.features[:, 0]


class FromMean(Method):
    """How near the first feature is to the training images' mean."""

    name = "from-mean"
    needs = frozenset({"training"})
    probe: Probe | None = None

    def __init__(self, *, power: float = 1.0) -> None:
        self.power = power

    def fit_probes(self) -> tuple[Probe, ...]:
        return () if self.probe is None else (self.probe,)

    def fit(self, data: FitData) -> Self:
        self.mean_ = float(data.features.mean())
        self.labels_ = data.labels
        self.probed_ = None if self.probe is None else data.train.probed[self.probe]
        self.beside_ = dict(data.train.beside)
        return self

    def score(self, outputs: Outputs) -> Scores:
        return -(np.abs(outputs.features[:, 0].astype(np.float64) - self.mean_) ** self.power)


class WithProbe(FromMean):
    name = "with-probe"
    probe = Darkest()


class WithOther(FromMean):
    name = "with-other"
    probe = Darkest(1.0)


class WithView(FromMean):
    name = "with-view"

    def fit_views(self) -> tuple[View, ...]:
        return (View(Darker(), 0.1),)


@pytest.fixture
def loads() -> list[int]:
    return []


@pytest.fixture
def fitter(network: TestedNetwork, shades: Shades, loads: list[int]) -> Fitter:
    images = shades([30, 200, 60, 210] * 10, labelled=True)

    def load() -> ArrayImages:
        loads.append(1)
        return images

    return Fitter(Extractor(network, torch.device("cpu")), load, "shades")


def test_a_method_learns_from_the_training_images_and_is_fitted_once(fitter: Fitter, loads: list[int]) -> None:
    fitted = fitter.fit(FromMean())
    assert fitted.method.mean_ == pytest.approx(125 / 255, abs=0.01)  # type: ignore[attr-defined]
    assert fitted.method.labels_.tolist() == [0, 1, 0, 1] * 10  # type: ignore[attr-defined]
    assert fitted.cost.seconds > 0
    assert fitter.fit(FromMean()) is fitted
    assert fitter.fit(FromMean(power=2.0)) is not fitted
    assert fitter.fit(FromMean(power=2.0)).method is not fitted.method
    assert loads == [1]


def test_what_was_announced_is_passed_at_once(fitter: Fitter, loads: list[int]) -> None:
    methods = [WithProbe(), WithOther(), FromMean(), WithView()]
    fitter.announce(methods)
    for method in methods:
        fitter.fit(method)
    assert loads == [1]
    darkest, brightest = methods[0].probed_, methods[1].probed_
    assert darkest is not None
    assert brightest is not None
    assert darkest.shape == (40,)
    assert (darkest < brightest).all()
    [moved] = methods[3].beside_.values()
    assert moved.features.mean() == pytest.approx(methods[3].mean_ - 0.1, abs=1e-3), (
        "a step of a tenth towards the dark"
    )


def test_a_probe_that_comes_later_is_passed_then(fitter: Fitter, loads: list[int]) -> None:
    fitter.fit(FromMean())
    assert fitter.fit(WithProbe()).method.probed_ is not None  # type: ignore[attr-defined]
    assert loads == [1, 1]


def test_a_method_that_needs_no_training_images_loads_none(fitter: Fitter, loads: list[int]) -> None:
    class HeadOnly(Method):
        name = "head-only"

        def fit(self, data: FitData) -> Self:
            assert data.given_train is None
            self.seen_ = True
            return self

        def score(self, outputs: Outputs) -> Scores:
            return outputs.logits[:, 0].astype(np.float64)

    assert fitter.fit(HeadOnly()).method.state() == {"seen": True}
    assert loads == []


def test_training_images_without_labels_are_refused(network: TestedNetwork, shades: Shades) -> None:
    fitter = Fitter(Extractor(network, torch.device("cpu")), lambda: shades([1, 2]), "shades")
    with pytest.raises(BenchError, match="training images of shades have no labels, which from-mean needs"):
        fitter.fit(FromMean())
