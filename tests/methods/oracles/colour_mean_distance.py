"""The Mahalanobis distance with a pseudo-inverse of the covariance, image by image."""

import math
from typing import Any

import numpy as np

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    """Minus the distance of each image, for colours that vary by more than a grey level along every axis."""
    (probe,) = method.probes()
    known = data.train.probed[probe].astype(np.float64)
    covariance = np.atleast_2d(np.cov(known, rowvar=False, bias=True))
    precision = np.linalg.pinv(covariance)
    shifts = outputs.probed[probe].astype(np.float64) - known.mean(0)
    return [-math.sqrt(shift @ precision @ shift) for shift in shifts]
