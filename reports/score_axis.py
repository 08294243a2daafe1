"""The axis on which scores are drawn: linear where that shows them, else one that spreads the end they crowd at.

Every axis keeps the order of the scores, and its ticks are scores; only their distances change. Bounds are read off
the scores themselves: scores within [0, 1] may crowd at 1, negative ones at 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from .escaping import superscript

Floats = NDArray[np.float64]

BINS = 60
WELL_SPREAD = 12.0
"""ID scores that fill this many bins as evenly as can be are shown well enough."""
TAIL = 0.001
"""Share of the scores at either end that falls into the outermost bin."""
REST = "end bins hold the rest"
MOST_TICKS = 5


@dataclass(frozen=True)
class ScoreAxis:
    """A non-decreasing map from scores to places, the range shown, its label, and ticks (None: matplotlib's own)."""

    label: str
    place: Callable[[Floats], Floats]
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...] | None

    @property
    def edges(self) -> Floats:
        """The edges of the bins, `(BINS + 1,)`; everything beyond the range counts in the outermost bins."""
        return np.linspace(self.low, self.high, BINS + 1)

    def shares(self, scores: Floats) -> Floats:
        """The share of the scores in each bin, `(BINS,)`; zeros when there are none."""
        places = np.clip(self.place(scores), self.low, self.high)
        return np.histogram(places, self.edges)[0] / max(scores.size, 1)

    def dress(self, axes: Axes) -> None:
        """Set the limits and the ticks of a plot's horizontal axis."""
        axes.set_xlim(self.low, self.high)
        if self.ticks is not None:
            axes.set_xticks([place for place, _ in self.ticks], [text for _, text in self.ticks])
        else:
            axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10], min_n_ticks=3))


def score_axis(id_scores: Floats, ood_scores: Floats) -> ScoreAxis:
    """The first of the possible axes that spreads the ID scores well, or else the one that does best."""
    candidates = list(_candidates(id_scores, ood_scores))
    spreads = [_spread(axis.shares(id_scores)) for axis in candidates]
    good = [axis for axis, spread in zip(candidates, spreads, strict=True) if spread >= WELL_SPREAD]
    return good[0] if good else candidates[int(np.argmax(spreads))]


def _candidates(id_scores: Floats, ood_scores: Floats) -> Iterator[ScoreAxis]:
    both = np.concatenate([id_scores, ood_scores])
    lowest, highest = float(both.min()), float(both.max())
    yield _axis(f"score; {REST}", lambda scores: scores, both)
    if lowest >= 0 and highest <= 1:
        yield _log_axis(
            f"score, log scale towards 1; {REST}", lambda scores: 1 - scores, both, rising=False, mark=_below_one
        )
    if highest <= 0:
        yield _log_axis(
            f"score, log scale towards 0; {REST}", lambda scores: -scores, both, rising=False, mark=_negative
        )
    if lowest >= 0:
        yield _log_axis(f"score, log scale; {REST}", lambda scores: scores, both, rising=True, mark=_power)
    yield _rank_axis(id_scores)


def _axis(label: str, place: Callable[[Floats], Floats], scores: Floats) -> ScoreAxis:
    places = place(scores)
    finite = places[np.isfinite(places)]
    low, high = map(float, np.quantile(finite, [TAIL, 1 - TAIL])) if finite.size else (0.0, 1.0)
    if high - low <= 1e-12 * max(abs(low), abs(high)):
        margin = max(0.5, 1e-9 * abs(low))
        low, high = low - margin, high + margin
    return ScoreAxis(label, place, low, high, None)


def _log_axis(
    label: str, distance: Callable[[Floats], Floats], scores: Floats, *, rising: bool, mark: Callable[[int], str]
) -> ScoreAxis:
    """Places are the decimal logarithm of a distance from a bound, negated if the distance falls with the score."""

    def place(values: Floats) -> Floats:
        with np.errstate(divide="ignore"):
            logs = np.log10(distance(values))
        return logs if rising else -logs

    axis = _axis(label, place, scores)
    decades = range(math.ceil(axis.low), math.floor(axis.high) + 1)
    step = max(1, math.ceil(len(decades) / MOST_TICKS))
    ticks = tuple((float(decade), mark(decade if rising else -decade)) for decade in decades if decade % step == 0)
    return ScoreAxis(axis.label, axis.place, axis.low, axis.high, ticks)


def _rank_axis(id_scores: Floats) -> ScoreAxis:
    ordered = np.sort(id_scores)

    def place(values: Floats) -> Floats:
        below = np.searchsorted(ordered, values, side="left") + np.searchsorted(ordered, values, side="right")
        return below / (2 * ordered.size)

    return ScoreAxis("score, as the share of ID images that score lower", place, 0.0, 1.0, None)


def _spread(shares: Floats) -> float:
    """The number of evenly filled bins with the same entropy."""
    filled = shares[shares > 0]
    return float(np.exp(-np.sum(filled * np.log(filled))))


def _power(exponent: int) -> str:
    """10 to the exponent.

    >>> _power(-2), _power(2), _power(-12)
    ('0.01', '100', '10⁻¹²')
    """
    return f"{10.0**exponent:g}" if abs(exponent) < 4 else f"10{superscript(exponent)}"


def _negative(exponent: int) -> str:
    """-10 to the exponent.

    >>> _negative(0), _negative(-8)
    ('−1', '−10⁻⁸')
    """
    return f"−{_power(exponent)}"


def _below_one(exponent: int) -> str:
    """1 less 10 to the exponent, which is at most 0.

    >>> _below_one(0), _below_one(-3), _below_one(-12)
    ('0', '0.999', '1−10⁻¹²')
    """
    return f"{1 - 10.0**exponent:.{-exponent}f}" if exponent > -4 else f"1−{_power(exponent)}"
