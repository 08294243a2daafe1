"""A constant: what a metric makes of ties."""

from __future__ import annotations

import numpy as np

from bench.citation import Citation
from bench.extraction.outputs import Outputs
from bench.method_contract import Method, Scores, method


@method("constant")
class Constant(Method):
    """The same number for every image.

    The score is 0, a tie of all images by design. Its AUROC is exactly 0.5 whatever the sets are; a metric that says
    otherwise goes by the order of the images.
    """

    citation = Citation(
        title="An introduction to ROC analysis",
        authors="Tom Fawcett",
        year=2006,
        venue="Pattern Recognition Letters 27(8)",
        url="https://doi.org/10.1016/j.patrec.2005.10.010",
        where="equally scored instances",
    )
    equation = "0"
    group = "baselines"
    objective = None

    def score(self, outputs: Outputs) -> Scores:
        """Zeros `(N,)`."""
        return np.zeros(len(outputs))
