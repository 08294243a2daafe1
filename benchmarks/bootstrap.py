"""What a thousand resamples of all metrics cost beside a thousand evaluations; run `python benchmarks/bootstrap.py`.

The aim: at most 0.3 of a thousand calls of `bench.metrics.evaluate` for 10,000 + 10,000 scores, taken in turns in the
same run; the medians of the rounds are divided. The exit code is 1 where it is missed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.metrics import evaluate
from bench.statistics import bootstrap

Scores = npt.NDArray[np.float64]

SIZE, RESAMPLES, ROUNDS = 10_000, 1000, 7
AIM = 0.3
"""What the bootstrap may cost of the evaluations at most."""


def main() -> None:
    print(f"{SIZE:,} + {SIZE:,} scores, {RESAMPLES:,} times, medians of {ROUNDS} rounds")
    print(f"{'scores':<12} {'evaluations':>12} {'bootstrap':>10} {'ratio':>6}")
    missed = []
    for name, scores in score_sets().items():
        single, together = measure(*scores)
        print(f"{name:<12} {single:>10.3f} s {together:>8.3f} s {together / single:>6.2f}")
        if together > AIM * single:
            missed.append(name)
    if missed:
        sys.exit(f"More than {AIM} of the evaluations: {', '.join(missed)}")


def score_sets() -> dict[str, tuple[Scores, Scores]]:
    """Continuous scores, scores that never overlap, and scores rounded until they tie."""
    rng = np.random.default_rng(0)
    id_scores, ood_scores = rng.normal(1.5, 1, SIZE), rng.normal(0, 1, SIZE)
    return {
        "normal": (id_scores, ood_scores),
        "disjoint": (id_scores + 100, ood_scores),
        "rounded": (id_scores.round(2), ood_scores.round(2)),
    }


def measure(id_scores: Scores, ood_scores: Scores) -> tuple[float, float]:
    """Median seconds of the evaluations and of the bootstrap, taken in turns so that load hits both alike."""
    single, together = [], []
    for _ in range(ROUNDS):
        single.append(seconds(lambda: [evaluate(id_scores, ood_scores) for _ in range(RESAMPLES)]))
        together.append(seconds(lambda: bootstrap(id_scores, ood_scores, resamples=RESAMPLES)))
    return median(single), median(together)


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
