"""An axis for AUROCs on which the good ones, which crowd below 100 %, stand apart: logarithmic in what lacks to 100."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

_FINEST = 0.01
"""What lacks to 100 % is not told apart below this."""

_FEWEST_TICKS = 4
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
    ticks = [tick for tick in _round_aurocs() if bottom <= tick <= top]
    if len(ticks) < _FEWEST_TICKS:
        values = MaxNLocator(6, steps=[1, 2, 5, 10]).tick_values(bottom, top)
        ticks = [float(tick) for tick in values if bottom <= tick <= top]
    axes.set_ylim(low - room, high + room)
    axes.set_yticks([height(tick) for tick in ticks], [_text(tick) for tick in ticks])


def _text(auroc: float) -> str:
    return f"{'' if auroc < 100 - 1.001 * _FINEST else '≥ '}{auroc:.7g}"


def _round_aurocs() -> list[float]:
    """0, 10, … 90, 91, … 99, 99.1, … 99.9, and so on."""
    tens = [100.0, 10.0, 1.0, 0.1]
    return [100 - step * ten / 10 for ten in tens for step in range(10, 1, -1)] + [100 - _FINEST]
