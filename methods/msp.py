"""Maximum softmax probability (Hendrycks & Gimpel 2017), the baseline of the field."""

from __future__ import annotations

import numpy as np

from bench.citation import Citation
from bench.extraction.outputs import Outputs
from bench.logits import log_max_softmax
from bench.method_contract import Method, Scores, TensorScore, method


@method("msp")
class MSP(Method):
    """The largest softmax probability, as its logarithm.

    The score is log max_k p_k, in [-log K, 0], in float64: many images have a largest probability of exactly 1.0 in
    float32 (a third of CIFAR-10's test images with a ResNet-20) and would tie. `exp(score)` is the probability.

    OpenOOD and detectors give the probability in float32, pytorch-ood its negative, with ties where it rounds to 1. The
    order is the same but for them. oodeel has no method of this name; its ODIN at T = 1 takes a step as well.
    """

    citation = Citation(
        title="A Baseline for Detecting Misclassified and Out-of-Distribution Examples in Neural Networks",
        authors="Dan Hendrycks, Kevin Gimpel",
        year=2017,
        venue="ICLR",
        url="https://arxiv.org/abs/1610.02136",
        where="section 3",
    )
    equation = "log max_k softmax(f)_k"
    group = "logits"

    def score(self, outputs: Outputs) -> Scores:
        """The log of the largest softmax probability `(N,)`."""
        return log_max_softmax(outputs.logits)

    def tensor_score(self) -> TensorScore:
        """`score` in torch."""
        from bench.tensors.logits import log_max_softmax

        return lambda output: log_max_softmax(output.logits)

    def probability(self, scores: Scores) -> Scores:
        """The largest softmax probability `(N,)`."""
        probability: Scores = np.exp(scores)
        return probability
