"""Which figures of a column are the best of those that may be compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence


def best_places(
    figures: Sequence[float | None], compare_as: Sequence[Hashable | None], *, higher_is_better: bool
) -> set[int]:
    """The places of the figures that no comparable figure beats; equal ones are all the best.

    Two figures compare where both have the same value in `compare_as`, or one of them has None. Nothing is the best
    without a rival. Where there are several values, those that a single figure has are not marked: it would be the
    best of the figures of None alone.

    >>> best_places([0.9, 0.8, None, 0.7], ["a", "a", "a", None], higher_is_better=True)
    {0}
    """
    sign = 1 if higher_is_better else -1
    rated = {place: sign * figure for place, figure in enumerate(figures) if figure is not None}
    sizes = Counter(compare_as[place] for place in rated if compare_as[place] is not None)
    best = set()
    for place, figure in rated.items():
        own = compare_as[place]
        if own is not None and sizes[own] == 1 and len(sizes) > 1:
            continue
        rivals = [
            other
            for where, other in rated.items()
            if where != place and (own is None or compare_as[where] is None or compare_as[where] == own)
        ]
        if rivals and figure >= max(rivals):
            best.add(place)
    return best
