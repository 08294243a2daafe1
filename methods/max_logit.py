"""Maximum logit (Hendrycks et al. 2022)."""

from __future__ import annotations

import numpy as np

from bench.citation import Citation
from bench.extraction.outputs import Outputs
from bench.method_contract import Method, Scores, TensorScore, method


@method("max-logit")
class MaxLogit(Method):
    """The largest logit.

    The score is max_k f_k, in the logits' own units; unlike the softmax it keeps their common level. The paper's
    anomaly score is its negative, as is pytorch-ood's.
    """

    citation = Citation(
        title="Scaling Out-of-Distribution Detection for Real-World Settings",
        authors="Dan Hendrycks, Steven Basart, Mantas Mazeika, Andy Zou, Joe Kwon, Mohammadreza Mostajabi, "
        "Jacob Steinhardt, Dawn Song",
        year=2022,
        venue="ICML",
        url="https://arxiv.org/abs/1911.11132",
        where="maximum logit",
    )
    equation = "max_k f_k"
    group = "logits"

    def score(self, outputs: Outputs) -> Scores:
        """The largest logit of each image `(N,)`."""
        largest: Scores = outputs.logits.max(axis=1).astype(np.float64)
        return largest

    def tensor_score(self) -> TensorScore:
        """`score` in torch."""
        return lambda output: output.logits.amax(1)
