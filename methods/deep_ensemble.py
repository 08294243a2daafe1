"""Deep ensemble (Lakshminarayanan et al. 2017): the mean prediction of networks trained from different seeds."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from bench.citation import Citation
from bench.errors import BenchError
from bench.extraction.outputs import Floats, Outputs
from bench.logits import Doubles, log_max_softmax, log_softmax, negative_entropy
from bench.method_contract import Method, Scores, method

Measure = Literal["max-probability", "entropy"]
"""How sure a prediction p is: log max_k p_k, or sum_k p_k log p_k."""


@method("deep-ensemble")
class DeepEnsemble(Method):
    """The certainty of the mean softmax of several networks that differ in their seed.

    With p_m the softmax of member m of M and p = 1/M sum_m p_m, the score is log max_k p_k, or sum_k p_k log p_k. The
    outputs' logits are log p. Adversarial training, which the paper adds as an option, is no part of it.

    OpenOOD averages the members' logits and takes the largest softmax probability of that mean.

    Args:
        measure: `max-probability`, the paper's confidence of a prediction (section 3.6); or `entropy`, the negative
            entropy of p, which the paper shows for classes that training did not have (section 3.5).
    """

    citation = Citation(
        title="Simple and Scalable Predictive Uncertainty Estimation using Deep Ensembles",
        authors="Balaji Lakshminarayanan, Alexander Pritzel, Charles Blundell",
        year=2017,
        venue="NeurIPS",
        url="https://arxiv.org/abs/1612.01474",
        where="section 2.4",
    )
    equation = "log max_k p_k with p = 1/M Σ_m softmax(f_m)"
    group = "inputs"
    ensemble = True
    search = {"measure": ("max-probability", "entropy")}  # noqa: RUF012 - read-only by contract

    def __init__(self, *, measure: Measure = "max-probability") -> None:
        self.measure: Measure = checked_measure("deep-ensemble", measure)

    def score(self, outputs: Outputs) -> Scores:
        """The certainty of each image's mean prediction `(N,)`."""
        return certainty(outputs.logits, self.measure)

    def probability(self, scores: Scores) -> Scores | None:
        """The largest mean probability `(N,)`; None where the entropy is measured."""
        return np.exp(scores) if self.measure == "max-probability" else None


def certainty(logits: Doubles | Floats, measure: Measure) -> Doubles:
    """How sure the softmax of `logits` `(N, K)` is, `(N,)`, at most 0."""
    return negative_entropy(log_softmax(logits)) if measure == "entropy" else log_max_softmax(logits)


def checked_measure(owner: str, measure: Measure) -> Measure:
    """`measure` itself; raises `BenchError` for a word that is none."""
    if measure not in get_args(Measure):
        raise BenchError(f"{owner}: measure must be 'max-probability' or 'entropy', not '{measure}'.")
    return measure
