"""Functions of logits that several methods share, in float64 and without saturation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def log_max_softmax(logits: NDArray[Any], temperature: float = 1.0) -> NDArray[np.float64]:
    """Log max_k softmax(logits / temperature)_k, `(N,)` in [-log K, 0], for logits `(N, K)`.

    The share of the other classes is summed apart from the largest one's, so that probabilities which round to 1
    keep their order. NaN where the largest logit is not finite: an overflow is not certainty.
    """
    gaps = logits.astype(np.float64) / temperature
    largest = gaps.argmax(axis=1)
    rows = np.arange(len(gaps))
    top = gaps[rows, largest]
    gaps -= np.where(np.isfinite(top), top, np.nan)[:, None]
    gaps[rows, largest] = np.where(np.isfinite(top), -np.inf, np.nan)
    others: NDArray[np.float64] = np.exp(gaps).sum(axis=1)
    return -np.log1p(others)
