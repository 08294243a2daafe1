"""An axis for AUROCs on which the good ones, which crowd below 100 %, stand apart: logarithmic in what lacks to 100."""

from __future__ import annotations

import math
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

_FINEST = 0.01
"""What lacks to 100 % is not told apart below this."""

_STEPS = (range(10, 1, -1), (10, 5, 2), (10,))
"""What lacks to 100 % at the ticks of a decade, from fine to coarse."""

_FEWEST_TICKS = 4
_CLOSEST = 0.04
"""Share of the axis that lies between two ticks at least."""

_ROOM = 0.06
"""Share of the axis that is left free above and below."""


def height(auroc: float) -> float:
    """Where an AUROC in percent stands on the axis.

    >>> height(0), height(90), height(100)
    (-2.0, -1.0, 2.0)
    """
    return -math.log10(max(100 - auroc, _FINEST))


def dress(axes: Axes, lowest: float, highest: float) -> None:
    """Set limits and ticks of the vertical axis for AUROCs, in percent, between these two."""
    low, high = height(lowest), height(highest)
    room = _ROOM * (high - low) or _ROOM
    bottom, top = 100 - 10 ** (room - low), min(100 - 10 ** -(high + room), 100 - _FINEST)
    ticks = _round_aurocs(bottom, top, _CLOSEST * (high - low + 2 * room))
    if len(ticks) < _FEWEST_TICKS:
        values = MaxNLocator(6, steps=[1, 2, 5, 10]).tick_values(bottom, top)
        ticks = [float(tick) for tick in values if bottom <= tick <= top]
    axes.set_ylim(low - room, high + room)
    axes.set_yticks([height(tick) for tick in ticks], [_text(tick) for tick in ticks])


def _text(auroc: float) -> str:
    return f"{'' if auroc < 100 - 1.001 * _FINEST else '≥ '}{auroc:.7g}"


def _round_aurocs(bottom: float, top: float, closest: float) -> list[float]:
    """0, 10, … 90, 91, … 99, 99.1, … and so on, or fewer of these, such that none are closer to each other."""
    found: list[float] = []
    for steps in _STEPS:
        lacking = [*(step * unit for unit in (10.0, 1.0, 0.1, 0.01) for step in steps), _FINEST]
        found = [100 - lack for lack in lacking if bottom <= 100 - lack <= top]
        heights = [height(tick) for tick in found]
        if all(upper - lower >= closest for lower, upper in pairwise(heights)):
            break
    return found
