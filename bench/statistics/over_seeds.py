"""Figures over several seeds: mean, spread, and intervals that know of seeds and of images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from .interval import CONFIDENCE, Interval, checked_confidence
from .paired import Difference, difference_of


@dataclass(frozen=True)
class Spread:
    """What the mean of a figure over S seeds is subject to: `mean`; `of_seeds`, the variance of the mean that comes
    with other seeds, NaN for one seed; `of_images`, that which comes with other test images; `seeds`, their number S.
    """

    mean: float
    of_seeds: float
    of_images: float
    seeds: int

    @classmethod
    def of(cls, figures: Sequence[float], replicates: npt.ArrayLike) -> Spread:
        """From the figure of each seed and its values `(S, r)` in the same r resamples of the images.

        All seeds are tested on the same images, so the images do not average out over seeds: the variance of the mean
        over one resample is what they bring. (It holds a part of what each network makes of each image, which the
        spread over seeds holds too; the sum is therefore, if anything, too large.)
        """
        values = np.asarray(figures, np.float64)
        together = np.asarray(replicates, np.float64).reshape(len(values), -1).mean(axis=0)
        of_seeds = float(values.var(ddof=1)) / len(values) if len(values) > 1 else math.nan
        return cls(float(values.mean()), of_seeds, float(together.var(ddof=1)), len(values))

    @property
    def freedom(self) -> float:
        """The degrees of freedom of both variances together; infinite where the seeds do not vary."""
        return _freedom([(self.of_seeds, self.seeds - 1)], self.of_images)

    @property
    def sd(self) -> float:
        """The standard deviation between seeds, NaN for a single one."""
        return math.sqrt(self.of_seeds * self.seeds)


def hierarchical_interval(spread: Spread, *, confidence: float = CONFIDENCE) -> Interval | None:
    """The interval of the mean over all seeds and all images, of which some were drawn; None for a single seed.

    Both variances are added, and Student's t with Satterthwaite's degrees of freedom makes up for there being few
    seeds: resampling three seeds would show two thirds of their variance.
    """
    if math.isnan(spread.of_seeds):
        return None
    variance = spread.of_seeds + spread.of_images
    quantile = float(stdtrit(spread.freedom, (1 + checked_confidence(confidence)) / 2))
    margin = quantile * math.sqrt(variance)
    return Interval(max(spread.mean - margin, 0.0), min(spread.mean + margin, 1.0))


def compare_over_seeds(
    first: Spread, second: Spread, of_images: float, *, confidence: float = CONFIDENCE
) -> Difference | None:
    """Compare the means of two methods over seeds that have nothing to do with each other; None if one has a single
    seed.

    `of_images` is the variance that other test images would bring to the difference of the means. Welch's test with
    that variance added. What is compared is the training and the method, not the networks that came out of it.
    """
    if math.isnan(first.of_seeds) or math.isnan(second.of_seeds):
        return None
    variance = first.of_seeds + second.of_seeds + of_images
    parts = [(first.of_seeds, first.seeds - 1), (second.of_seeds, second.seeds - 1)]
    freedom = _freedom(parts, of_images)
    return difference_of(second.mean - first.mean, variance, confidence=confidence, freedom=freedom)


def _freedom(parts: Sequence[tuple[float, int]], certain: float) -> float:
    """Satterthwaite's degrees of freedom of a sum of variances, of which one is known as `certain`."""
    total = sum(variance for variance, _ in parts) + certain
    uncertain = sum(variance**2 / freedom for variance, freedom in parts)
    return total**2 / uncertain if uncertain > 0 else math.inf
