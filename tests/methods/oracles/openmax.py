"""OpenMax by its algorithms, one image and class at a time; the Weibull fit by bisection in extended precision."""

from typing import Any

import numpy as np
from scipy.spatial.distance import cosine, euclidean
from scipy.special import logsumexp

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData

Tail = tuple[Any, Any, Any]


def distance(kind: str, logits: Any, mean: Any) -> float:
    if kind == "euclidean":
        return float(euclidean(logits, mean))
    return float(cosine(logits, mean)) + (euclidean(logits, mean) / 200 if kind == "eucos" else 0)


def weibull(distances: list[float], size: int) -> Tail:
    """The smallest value of the tail, and the shape and scale that solve the likelihood equations."""
    tail = np.array(sorted(distances)[-size:], dtype=np.longdouble)
    values = np.log(tail + 10000 - tail[0])

    def excess(shape: Any) -> Any:
        powers = np.exp(shape * (values - values.max()))
        return (powers * values).sum() / powers.sum() - 1 / shape - values.mean()

    low, high = np.longdouble(1), np.longdouble(1)
    while excess(high) < 0:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) < 0 else (low, middle)
    return tail[0], low, values.max() + np.log(np.exp(low * (values - values.max())).mean()) / low


def outlying(tail: Tail, value: float) -> float:
    smallest, shape, log_scale = tail
    shifted = np.longdouble(value) + 10000 - smallest
    return float(1 - np.exp(-np.exp(min(shape * (np.log(shifted) - log_scale), np.longdouble(700)))))


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    """Log P(known) - log P(unknown)."""
    classes = data.train.logits.shape[1]
    means: dict[int, Any] = {}
    tails: dict[int, Tail] = {}
    for label in range(classes):
        rows = [
            row.astype(np.float64)
            for row, own in zip(data.train.logits, data.labels, strict=True)
            if own == label and row.argmax() == own
        ]
        if rows:
            means[label] = np.mean(rows, axis=0)
            tails[label] = weibull([distance(method.distance, row, means[label]) for row in rows], method.tail)
    found = []
    for row in outputs.logits.tolist():
        alpha = min(method.alpha, classes)
        ranked = sorted(range(classes), key=lambda label: -row[label])[:alpha]
        revised, unknown = list(row), 0.0
        for rank, label in enumerate(ranked, start=1):
            w = outlying(tails[label], distance(method.distance, row, means[label])) if label in tails else 1.0
            revised[label] = row[label] * (1 - w * (alpha + 1 - rank) / alpha)
            unknown += row[label] - revised[label]
        found.append(float(logsumexp(revised)) - unknown)
    return found
