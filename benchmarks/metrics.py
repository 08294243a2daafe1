"""What all metrics cost, in units of one `numpy.sort` of the same scores; run `python benchmarks/metrics.py`.

The aim: at most 2.5 sorts for 1e6 + 1e6 float64 scores. `bench.metrics.evaluate` is compared with the sort and with
the same three areas and one ROC curve from scikit-learn, in alternation, and the medians of the rounds are divided.
Measured on two idle cores of an AMD EPYC (numpy 2.4.6, scikit-learn 1.9.1), where numpy's sort uses AVX-512 and takes
0.011 s, in three runs: 2.3 sorts on normal scores, 2.3 to 2.5 on uniform ones, 2.2 where the sets do not overlap, 2.4
to 2.5 where scores tie; scikit-learn 130 to 150 sorts.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.metrics import evaluate

Scores = npt.NDArray[np.float64]

SIZE = 1_000_000
ROUNDS = 9
SKLEARN_ROUNDS = 3


def main() -> None:
    print(f"{SIZE:,} + {SIZE:,} scores, medians of {ROUNDS} rounds ({SKLEARN_ROUNDS} of scikit-learn)")
    print(f"{'scores':<12} {'sort':>8} {'evaluate':>9} {'ratio':>6} {'scikit-learn':>13} {'ratio':>6}")
    for name, (id_scores, ood_scores) in score_sets().items():
        sort, ours, theirs = measure(id_scores, ood_scores)
        print(f"{name:<12} {sort:>6.3f} s {ours:>7.3f} s {ours / sort:>6.2f} {theirs:>11.3f} s {theirs / sort:>6.2f}")


def score_sets() -> dict[str, tuple[Scores, Scores]]:
    """Continuous scores, scores that never overlap, and scores rounded until they tie."""
    rng = np.random.default_rng(0)
    id_scores, ood_scores = rng.normal(1, 1, SIZE), rng.normal(0, 1, SIZE)
    return {
        "normal": (id_scores, ood_scores),
        "uniform": (rng.random(SIZE), rng.random(SIZE)),
        "disjoint": (id_scores + 100, ood_scores),
        "rounded": (id_scores.round(3), ood_scores.round(3)),
    }


def measure(id_scores: Scores, ood_scores: Scores) -> tuple[float, float, float]:
    """Median seconds of the sort, of `evaluate` and of scikit-learn, taken in turns so that load hits all alike."""
    together = np.concatenate([id_scores, ood_scores])
    is_id = np.repeat([1, 0], [id_scores.size, ood_scores.size])
    sort, ours, theirs = [], [], []
    for turn in range(ROUNDS):
        sort.append(seconds(lambda: np.sort(together)))
        ours.append(seconds(lambda: evaluate(id_scores, ood_scores)))
        if turn < SKLEARN_ROUNDS:
            theirs.append(seconds(lambda: with_sklearn(is_id, together)))
    return median(sort), median(ours), median(theirs)


def with_sklearn(is_id: npt.NDArray[np.int64], scores: Scores) -> None:
    roc_auc_score(is_id, scores)
    average_precision_score(is_id, scores)
    average_precision_score(1 - is_id, -scores)
    roc_curve(is_id, scores)


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
