"""The cosine with each class mean, the largest of them."""

from typing import Any

import numpy as np

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData
from tests.methods.oracles.knn import normalised
from tests.methods.oracles.mahalanobis import class_means


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    means = [normalised(mean) for mean in class_means(data).values()]
    return [max(float(np.dot(normalised(row), mean)) for mean in means) for row in outputs.features]
