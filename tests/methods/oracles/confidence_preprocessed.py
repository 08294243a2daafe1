"""The sigmoid of the moved images' logit; the step is tested where images are extracted."""

from typing import Any

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData
from tests.methods.oracles import confidence


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    return confidence.scores(method, data, outputs)
