"""Functions of logits that several methods share, in float64 and without saturation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from bench.extraction.outputs import Outputs

Doubles = NDArray[np.float64]


def log_max_softmax(logits: NDArray[Any], temperature: float = 1.0) -> Doubles:
    """Log max_k softmax(logits / temperature)_k, `(N,)` in [-log K, 0], for logits `(N, K)`.

    The share of the other classes is summed apart from the largest one's, so that probabilities which round to 1
    keep their order. NaN where the largest logit is not finite: an overflow is not certainty.
    """
    _, _, gaps = _others(logits, temperature)
    others: Doubles = np.exp(gaps).sum(axis=1)
    return -np.log1p(others)


def log_sum_exp(logits: NDArray[Any], temperature: float = 1.0) -> Doubles:
    """T log sum_k exp(logits_k / T), `(N,)`, for logits `(N, K)`; NaN where the largest logit is not finite."""
    top, _, gaps = _others(logits, temperature)
    total: Doubles = temperature * (top + np.log1p(np.exp(gaps).sum(axis=1)))
    return total


def log_softmax(logits: NDArray[Any], temperature: float = 1.0) -> Doubles:
    """Log softmax(logits / temperature), `(N, K)`; its largest entry is what `log_max_softmax` gives."""
    _, largest, gaps = _others(logits, temperature)
    log_total = np.log1p(np.exp(gaps).sum(axis=1))
    log_p: Doubles = gaps - log_total[:, None]
    log_p[np.arange(len(gaps)), largest] = -log_total
    return log_p


def log_softmax_of(outputs: Outputs, temperature: float = 1.0) -> Doubles:
    """`log_softmax` of the outputs' logits, computed once for all methods that ask; not to be written to."""
    return outputs.once(("log softmax", temperature), lambda: log_softmax(outputs.logits, temperature))


def log_rest(log_p: Doubles) -> Doubles:
    """Log(1 - p_k), `(N, K)`, for log probabilities `(N, K)` of more than one class.

    The largest one's is the sum of the others, so that it keeps its order where p rounds to 1.
    """
    rows, largest = np.arange(len(log_p)), log_p.argmax(axis=1)
    others = log_p.copy()
    others[rows, largest] = -np.inf
    rest: Doubles = np.log1p(-np.exp(others))
    rest[rows, largest] = log_sum_exp(others)
    return rest


def log_rest_of(outputs: Outputs, temperature: float = 1.0) -> Doubles:
    """`log_rest` of `log_softmax_of`, computed once for all methods that ask; not to be written to."""
    return outputs.once(("log rest", temperature), lambda: log_rest(log_softmax_of(outputs, temperature)))


def negative_entropy(log_p: Doubles) -> Doubles:
    """Sum_k p_k log p_k, `(N,)` in [-log K, 0], for log probabilities `(N, K)`; 0 log 0 is 0."""
    p = np.exp(log_p)
    total: Doubles = np.multiply(p, log_p, out=np.zeros_like(p), where=p != 0).sum(axis=1)
    return total


def _others(logits: NDArray[Any], temperature: float) -> tuple[Doubles, NDArray[np.intp], Doubles]:
    """The largest logit / temperature, its class, and how far the others lie below it; its own place holds -inf."""
    gaps = logits.astype(np.float64) / temperature
    largest = gaps.argmax(axis=1)
    rows = np.arange(len(gaps))
    top = gaps[rows, largest]
    top = np.where(np.isfinite(top), top, np.nan)
    gaps -= top[:, None]
    gaps[rows, largest] = np.where(np.isfinite(top), -np.inf, np.nan)
    return top, largest, gaps
