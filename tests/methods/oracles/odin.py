"""The softmax at ODIN's temperature with eighty digits; the step is tested where images are extracted."""

from typing import Any

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData
from tests.methods.oracles.msp import log_softmax_at


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    return log_softmax_at(method.temperature, outputs)
