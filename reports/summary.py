"""Mean and spread over seeds, and how a percentage is printed."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

DASH = "–"
"""Stands where there is no figure."""


@dataclass(frozen=True)
class Summary:
    """The mean over seeds and the sample standard deviation (n - 1), None for a single seed; fractions."""

    mean: float
    sd: float | None


def summarise(values: Sequence[float | None]) -> Summary | None:
    """The mean and the spread of a value for each seed; None when it is undefined for any of them.

    >>> summarise([0.5, 0.75])
    Summary(mean=0.625, sd=0.1767766952966369)
    """
    defined = [value for value in values if value is not None]
    if not defined or len(defined) < len(values):
        return None
    return Summary(statistics.fmean(defined), statistics.stdev(defined) if len(defined) > 1 else None)


def percent(fraction: float, decimals: int) -> str:
    """The fraction in percent, without a sign.

    >>> percent(0.97451, 1)
    '97.5'
    """
    return f"{100 * fraction:.{decimals}f}"


def decimals_for(means: Sequence[float], *, higher_is_better: bool, doubt: float | None = None) -> int:
    """One decimal; two where one would print a flaw as perfect, or the best like one that is not.

    Where it is known by how much figures may be off, `doubt`, they have as many decimals as show its first digit, but
    at least one and at most three; the best may then print like another.

    >>> decimals_for([0.91, 0.9004], higher_is_better=True), decimals_for([0.9996, 0.9], higher_is_better=True)
    (1, 2)
    """
    best = max(means) if higher_is_better else min(means)
    hides_flaw = any(percent(mean, 1) in ("0.0", "100.0") and mean not in (0, 1) for mean in means)
    if doubt:
        return min(max(2 if hides_flaw else 1, math.ceil(-math.log10(100 * doubt))), 3)
    hides_winner = any(percent(mean, 1) == percent(best, 1) and mean != best for mean in means)
    return 2 if hides_flaw or hides_winner else 1


def images(count: int) -> str:
    """The count in words.

    >>> images(10_000), images(1)
    ('10,000 images', '1 image')
    """
    return f"{count:,} image{'' if count == 1 else 's'}"
