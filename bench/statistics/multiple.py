"""Many comparisons at once: Holm's correction, and which methods may be as good as the best."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from bench.errors import BenchError
from bench.metrics.inputs import FloatArray


def holm(p_values: npt.ArrayLike) -> FloatArray:
    """The p-values `(k,)` corrected so that, of all k true null hypotheses, one is rejected with at most the stated
    error.

    Holm 1979, *A simple sequentially rejective multiple test procedure*: the smallest times k, the next times k - 1,
    and so on, none smaller than the one before it, none above 1.

    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    values = np.asarray(p_values, np.float64)
    if values.size and not ((values >= 0) & (values <= 1)).all():
        raise BenchError("p-values lie in [0, 1]; one of these does not.")
    order = np.argsort(values, kind="stable")
    corrected = np.empty_like(values)
    corrected[order] = np.minimum(np.maximum.accumulate(values[order] * np.arange(values.size, 0, -1)), 1)
    return corrected


def best_group(
    figures: Sequence[float], p_value: Callable[[int, int], float], *, higher_is_better: bool, alpha: float = 0.05
) -> set[int]:
    """The places of the best figure and of those that are not significantly worse, Holm-corrected over the comparisons.

    `p_value` takes the place of the best and that of another. Of equal figures the first counts as the best; those that
    equal it belong to the group.
    """
    if not figures:
        return set()
    sign = 1 if higher_is_better else -1
    best = max(range(len(figures)), key=lambda place: (sign * figures[place], -place))
    others = [place for place in range(len(figures)) if place != best]
    raw = [1.0 if figures[place] == figures[best] else p_value(best, place) for place in others]
    return {best} | {place for place, p in zip(others, holm(raw), strict=True) if p >= alpha}
