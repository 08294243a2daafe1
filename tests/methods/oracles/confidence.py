"""The sigmoid."""

import math
from typing import Any

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    assert outputs.confidence_logit is not None
    return [1 / (1 + math.exp(-value)) for value in outputs.confidence_logit.tolist()]
