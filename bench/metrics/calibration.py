"""Calibration: whether confidences are as large as the accuracy that they promise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from bench.errors import BenchError

from .inputs import BoolArray, FloatArray, correctness_array, score_array

Binning = Literal["equal-width", "adaptive"]


@dataclass(frozen=True)
class ReliabilityDiagram:
    """Accuracy against confidence, bin by bin, for the b bins that hold images; every array is (b,).

    `lower` and `upper` bound the bin's confidences, `count` is its number of images, `confidence` their mean
    confidence and `accuracy` the share of right predictions, both in [0, 1].
    """

    lower: FloatArray
    upper: FloatArray
    count: npt.NDArray[np.int64]
    confidence: FloatArray
    accuracy: FloatArray

    @property
    def expected_calibration_error(self) -> float:
        """Mean over images of |accuracy - confidence| of their bin; in [0, 1], 0 is calibrated."""
        gaps = np.abs(self.accuracy - self.confidence)
        return float(np.sum(self.count * gaps)) / int(self.count.sum())


def reliability_diagram(
    confidence: npt.ArrayLike, correct: npt.ArrayLike, *, n_bins: int, binning: Binning = "equal-width"
) -> ReliabilityDiagram:
    """Bin `confidence` (n,), in [0, 1], and compare with `correct` (n,), true where the prediction was right.

    `binning="equal-width"`: bins (k / n_bins, (k + 1) / n_bins], the first with 0 (Guo et al. 2017).
    `binning="adaptive"`: bins of nearly equal counts, equal confidences always in one bin (Nguyen & O'Connor 2015).
    Raises `BenchError` for confidences outside [0, 1], an unknown binning, `n_bins` < 1 and input that is not finite,
    1-D and of equal length.
    """
    if n_bins < 1:
        raise BenchError(f"Calibration needs at least one bin, got n_bins={n_bins}.")
    scores, right = _probabilities_and_correctness(confidence, correct)
    order = np.argsort(scores, kind="stable")
    scores, right = scores[order], right[order]
    bins = _bin_of_each(scores, n_bins, binning)
    starts = np.flatnonzero(np.diff(bins, prepend=-1))
    ends = np.append(starts[1:], scores.size)
    count = (ends - starts).astype(np.int64)
    occupied = bins[starts]
    is_even = binning == "equal-width"
    return ReliabilityDiagram(
        lower=occupied / n_bins if is_even else scores[starts],
        upper=(occupied + 1) / n_bins if is_even else scores[ends - 1],
        count=count,
        confidence=np.add.reduceat(scores, starts) / count,
        accuracy=np.add.reduceat(right.astype(np.int64), starts) / count,
    )


def expected_calibration_error(
    confidence: npt.ArrayLike, correct: npt.ArrayLike, *, n_bins: int, binning: Binning = "equal-width"
) -> float:
    """Mean over images of |accuracy - mean confidence| of their bin; in [0, 1], lower is better.

    Depends on the number and kind of bins, so both must be stated beside the figure. Arguments and errors as in
    `reliability_diagram`.

    >>> expected_calibration_error([1.0, 1.0, 0.75, 0.75], [True, True, True, False], n_bins=10)
    0.125
    """
    return reliability_diagram(confidence, correct, n_bins=n_bins, binning=binning).expected_calibration_error


def brier_score(confidence: npt.ArrayLike, correct: npt.ArrayLike) -> float:
    """Mean of (confidence - correct)², with `confidence` (n,) in [0, 1] and `correct` (n,); in [0, 1], lower is better.

    The confidence is taken as the probability that the prediction is right (two outcomes, not one per class).
    Errors as in `reliability_diagram`.

    >>> brier_score([1.0, 0.5], [True, False])
    0.125
    """
    scores, right = _probabilities_and_correctness(confidence, correct)
    return float(np.mean((scores - right) ** 2))


def _probabilities_and_correctness(confidence: npt.ArrayLike, correct: npt.ArrayLike) -> tuple[FloatArray, BoolArray]:
    scores = score_array(confidence, "confidences")
    outside = (scores < 0) | (scores > 1)
    if outside.any():
        first = int(outside.argmax())
        raise BenchError(
            f"Calibration needs confidences in [0, 1], got {scores[first]:g} at index {first}; "
            "scores on another scale (logits, energies) are not probabilities."
        )
    return scores, correctness_array(correct, scores.size)


def _bin_of_each(ascending: FloatArray, n_bins: int, binning: Binning) -> npt.NDArray[np.int64]:
    if binning == "equal-width":
        upper = np.arange(1, n_bins + 1) / n_bins
        return np.searchsorted(upper, ascending).astype(np.int64)
    if binning == "adaptive":
        rank = np.searchsorted(ascending, ascending)  # equal confidences share the rank of the first of them
        return (rank * n_bins // ascending.size).astype(np.int64)
    raise BenchError(f"Unknown binning '{binning}'. Known: equal-width, adaptive.")
