"""An interval that holds a metric's true value with a stated confidence."""

from __future__ import annotations

from dataclasses import dataclass

from bench.errors import BenchError

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """Ends in [0, 1]. At an end that the estimate itself has reached, a whole error probability is spent on the other.

    >>> Interval(0.92, 0.96).width
    0.039999999999999925
    """

    low: float
    high: float

    @property
    def width(self) -> float:
        """`high` - `low`."""
        return self.high - self.low


def checked_confidence(confidence: float) -> float:
    """Return `confidence` itself; raises `BenchError` unless it lies in (0, 1)."""
    if not 0 < confidence < 1:
        hint = f" Did you mean {confidence / 100:g}?" if 1 < confidence < 100 else ""
        raise BenchError(f"The confidence of an interval must be a fraction in (0, 1), got {confidence:g}.{hint}")
    return float(confidence)
