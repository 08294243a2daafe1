"""The distance from the mean, in standard deviations, spelled out."""

import math
from typing import Any

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    """Minus how many standard deviations each value is from the mean of the training images'."""
    (probe,) = method.probes()
    known = [float(value) for value in data.train.probed[probe]]
    mean = math.fsum(known) / len(known)
    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in known) / len(known))
    above = [(float(value) - mean) / spread for value in outputs.probed[probe]]
    return [-abs(value) if method.two_sided else -value for value in above]
