"""Methods with one fault each: `bad-CHECK` breaks the check called so, and no other; `--` sets variants apart."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

import bench
from bench import FitData, Outputs, Probe, Scores, Seen


class Distance(bench.Method):
    """The negated distance of the features to the training images' mean: a method without a fault."""

    equation = "-‖z - mean‖"
    group = "features"
    needs = frozenset({"features", "training"})

    def fit(self, data: FitData) -> Self:
        self.mean_ = data.features.astype(np.float64).mean(0)
        return self

    def score(self, outputs: Outputs) -> Scores:
        distances: Scores = np.linalg.norm(outputs.features.astype(np.float64) - self.mean_, axis=1)
        return -distances


class Scaled(Distance):
    """The distance times a hyper-parameter."""

    def __init__(self, *, k: float = 1.0) -> None:
        self.k = k

    def score(self, outputs: Outputs) -> Scores:
        return self.k * super().score(outputs)


@bench.method("good-distance")
class Good(Distance):
    """The negated distance to the training mean."""


@bench.method("good-scaled")
class GoodScaled(Scaled):
    """The negated distance, scaled.

    Args:
        k: the scale.
    """

    search = {"k": (1.0, 2.0, 3.0)}  # noqa: RUF012


@bench.method("bad-complete-metadata")
class NoEquation(Distance):
    """Nobody knows what it computes."""

    equation = ""


@bench.method("bad-complete-metadata--parameter")
class UnexplainedParameter(Scaled):
    """It has a hyper-parameter that is explained nowhere."""


@bench.method("bad-constructor-only-stores")
class BusyConstructor(Distance):
    """Its constructor does more than to store."""

    def __init__(self) -> None:
        self.cache: dict[str, float] = {}


@bench.method("bad-parameters-are-plain-data")
class SetAsParameter(Distance):
    """Its hyper-parameter is a set.

    Args:
        layers: which of them.
    """

    def __init__(self, *, layers: frozenset[int] = frozenset({1})) -> None:
        self.layers = layers


@bench.method("bad-search-is-sound")
class DefaultIsNotSearched(Scaled):
    """Tuning never tries its default.

    Args:
        k: the scale.
    """

    search = {"k": (2.0, 3.0)}  # noqa: RUF012


@bench.method("bad-says-what-it-lacks")
class ChecksNothing(Distance):
    """It forgets to ask its base."""

    def check(self, facts: bench.Facts) -> None:
        del facts


@bench.method("bad-refuses-unknown-parameters")
class TakesAnything(Scaled):
    """A misspelt hyper-parameter is ignored.

    Args:
        k: the scale.
    """

    @classmethod
    def make(cls, parameters: Mapping[str, Any]) -> Self:
        return cls(**{name: value for name, value in parameters.items() if name == "k"})


@bench.method("bad-objective-fits")
class UnknownObjective(Distance):
    """Nobody can train a network for it."""

    objective = "cross-entrophy"


@bench.method("bad-runs")
class Raises(Distance):
    """It looks for what is not there."""

    def score(self, outputs: Outputs) -> Scores:
        return super().score(outputs)[:, 3]


@bench.method("bad-shape")
class Column(Distance):
    """Its scores are a column."""

    def score(self, outputs: Outputs) -> Scores:
        return super().score(outputs)[:, None]


@bench.method("bad-shape--squeezed")
class Squeezed(Distance):
    """One image alone gets a number, no array."""

    def score(self, outputs: Outputs) -> Scores:
        return super().score(outputs).squeeze()


@bench.method("bad-dtype")
class Single(Distance):
    """Its scores are float32."""

    def score(self, outputs: Outputs) -> Scores:
        return np.asarray(super().score(outputs), np.float32)  # pyright: ignore[reportReturnType]


@bench.method("bad-finite")
class NaNOnSome(Distance):
    """Images nearer than nearly all others get no number."""

    def fit(self, data: FitData) -> Self:
        super().fit(data)
        self.near_ = float(np.quantile(super().score(data.train), 0.95))
        return self

    def score(self, outputs: Outputs) -> Scores:
        scores = super().score(outputs)
        scores[scores > self.near_] = np.nan
        return scores


@bench.method("bad-finite--blank")
class NaNOnBlank(Distance):
    """An image without any contrast is divided by nothing."""

    @dataclass(frozen=True)
    class Contrast(Probe):
        def __call__(self, seen: Seen) -> Tensor:
            return seen.images.std((1, 2, 3))

    def probes(self) -> tuple[Probe, ...]:
        return (self.Contrast(),)

    def score(self, outputs: Outputs) -> Scores:
        contrast = outputs.probed[self.Contrast()].astype(np.float64)
        with np.errstate(invalid="ignore"):
            return super().score(outputs) * np.where(contrast < 1e-6, np.nan, 1.0)


@bench.method("bad-batch-size")
class BatchMean(Distance):
    """It looks at the mean of those that are scored together."""

    def score(self, outputs: Outputs) -> Scores:
        scores = super().score(outputs)
        return scores - 0.1 * float(scores.mean())


@bench.method("bad-order")
class NeighbourMean(Distance):
    """It works through blocks of eight and looks at the mean of each."""

    def score(self, outputs: Outputs) -> Scores:
        scores = super().score(outputs)
        for start in range(0, len(scores), 8):
            scores[start : start + 8] -= 0.1 * scores[start : start + 8].mean()
        return scores


@bench.method("bad-orientation")
class SignFlipped(Distance):
    """Its scores are larger for OOD images."""

    def score(self, outputs: Outputs) -> Scores:
        return -super().score(outputs)


@bench.method("bad-tie-share", equation="max softmax(f)")
def saturated(outputs: Outputs) -> Scores:
    """The largest softmax probability in float32, which is 1 for many images."""
    return torch.from_numpy(outputs.logits).softmax(1).amax(1).numpy()


@bench.method("bad-determinism")
class Unseeded(Distance):
    """What it learns is random."""

    def fit(self, data: FitData) -> Self:
        super().fit(data)
        self.mean_ = self.mean_ + np.random.default_rng().normal(0, 0.01, self.mean_.shape)
        return self


@bench.method("bad-determinism--class-state")
class RemembersForOthers(Distance):
    """What one instance has scored, another learns from."""

    seen: list[float] = []  # noqa: RUF012

    def fit(self, data: FitData) -> Self:
        super().fit(data)
        self.mean_ = self.mean_ + 0.01 * len(self.seen)
        return self

    def score(self, outputs: Outputs) -> Scores:
        self.seen.append(1.0)
        return super().score(outputs)


@bench.method("bad-scoring-changes-nothing")
class Adapts(Distance):
    """It goes on learning from what it scores."""

    def score(self, outputs: Outputs) -> Scores:
        scores = super().score(outputs)
        self.mean_ = 0.9 * self.mean_ + 0.1 * outputs.features.mean(0)
        return scores


@bench.method("bad-scoring-changes-nothing--attribute")
class Keeps(Distance):
    """It keeps what it was last asked."""

    def score(self, outputs: Outputs) -> Scores:
        self.last_ = len(outputs)
        return super().score(outputs)


@bench.method("bad-parameters-matter")
class DeadParameter(Distance):
    """It has a hyper-parameter that nothing looks at.

    Args:
        k: without effect.
    """

    def __init__(self, *, k: float = 1.0) -> None:
        self.k = k


@bench.method("bad-search-values-differ")
class RoundedParameter(Scaled):
    """It rounds its hyper-parameter, so that two of the searched values are one.

    Args:
        k: the scale, rounded.
    """

    search = {"k": (1.0, 1.2, 3.0)}  # noqa: RUF012

    def score(self, outputs: Outputs) -> Scores:
        return round(self.k) * Distance.score(self, outputs)


@bench.method("bad-refit-forgets")
class FitsOnce(Distance):
    """A second fit is ignored."""

    def fit(self, data: FitData) -> Self:
        return self if hasattr(self, "mean_") else super().fit(data)


@bench.method("bad-refit-forgets--running")
class AddsUp(Distance):
    """A second fit adds to the first."""

    def fit(self, data: FitData) -> Self:
        before = vars(self).get("mean_", 0.0)
        super().fit(data)
        self.mean_ = self.mean_ + 0.5 * before
        return self


@bench.method("bad-constructor-only-stores--value")
class ChangesItsParameter(Scaled):
    """It keeps another number than it was given.

    Args:
        k: the scale, at least 1.
    """

    def __init__(self, *, k: float = 1.0) -> None:
        self.k = max(1.0, k)


@bench.method("bad-learnt-names")
class PlainNames(Distance):
    """It calls what it learns like a hyper-parameter."""

    def fit(self, data: FitData) -> Self:
        self.count = len(data.features)
        return super().fit(data)


@bench.method("bad-unfitted-error")
class ScoresBeforeItLearns(Distance):
    """Before it has learnt anything it measures the distance to 0."""

    mean_ = np.zeros(1)


@bench.method("bad-fit-sees-id-only")
class LoadsOOD(Distance):
    """It learns from another data set."""

    def fit(self, data: FitData) -> Self:
        from bench.data.dataset import DATASETS

        images = DATASETS.get("uniform")(count=2, size=4).load("test", bench.Place(Path()))
        images.read(np.arange(2))
        return super().fit(data)


@bench.method("bad-fit-sees-id-only--file")
class ReadsAFile(Distance):
    """It learns from a file."""

    def fit(self, data: FitData) -> Self:
        (Path(inspect.getfile(type(self))).parents[2] / "pyproject.toml").read_bytes()
        return super().fit(data)


@bench.method("bad-declares-its-needs")
class UndeclaredFeatures(Distance):
    """It does not say that it needs features."""

    needs = frozenset({"training"})


@bench.method("bad-declares-its-needs--head")
class UndeclaredHead(Distance):
    """It does not say that it needs the last layer."""

    def fit(self, data: FitData) -> Self:
        self.bias_ = float(data.head.bias.sum())
        return super().fit(data)


@bench.method("bad-picklable")
class KeepsAFunction(Distance):
    """What it learns is a function without a name."""

    def fit(self, data: FitData) -> Self:
        self.distance_ = lambda features: np.linalg.norm(features, axis=1)
        return super().fit(data)
