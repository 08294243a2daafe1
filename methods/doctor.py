"""DOCTOR (Granese et al. 2021), the totally black-box version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from bench.citation import Citation
from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.logits import log_rest_of, log_softmax_of, log_sum_exp
from bench.method_contract import Method, Scores, TensorScore, method

if TYPE_CHECKING:
    from torch import Tensor

    from bench.networks.classifier import NetworkOutput

Variant = Literal["alpha", "beta"]


@method("doctor")
class Doctor(Method):
    """The log odds that the softmax gives to its prediction being right.

    With p = softmax(f / T), the paper rejects an image whose ratio (1 - g) / g exceeds a threshold, where g is
    sum_k p_k^2 (D_alpha), or max_k p_k (D_beta). The score is the logarithm of the inverse ratio, log g - log(1 - g);
    both parts are summed from log probabilities, so that images whose g rounds to 1 do not tie. D_beta ranks
    images as MSP does at the same temperature.

    It needs the softmax alone, the paper's "totally black box"; its other scenario adds a step along an input
    gradient, which is not made here. detectors has D_alpha only, as g - 1, which ranks alike at the same T.

    Args:
        variant: `alpha` or `beta`; the paper has both, and alpha is the one that is not MSP over again.
        temperature: T, above 0; 1 in the paper's totally black-box scenario.
    """

    citation = Citation(
        title="DOCTOR: A Simple Method for Detecting Misclassification Errors",
        authors="Federica Granese, Marco Romanelli, Daniele Gorla, Catuscia Palamidessi, Pablo Piantanida",
        year=2021,
        venue="NeurIPS",
        url="https://arxiv.org/abs/2106.02395",
        where="definition 1",
    )
    equation = "log g - log(1 - g), g = Σ_k p_k² (alpha) or max_k p_k (beta), p = softmax(f / T)"
    group = "logits"
    search = {  # noqa: RUF012 - read-only by contract
        "variant": ("alpha", "beta"),
        "temperature": (1.0, 1.5, 10.0, 100.0, 1000.0),
    }

    def __init__(self, *, variant: Variant = "alpha", temperature: float = 1.0) -> None:
        if variant not in get_args(Variant):
            raise BenchError(f"doctor: variant must be {' or '.join(get_args(Variant))}, got {variant!r}.")
        if not temperature > 0:
            raise BenchError(f"doctor: temperature must be positive, got {temperature}.")
        self.variant: Variant = variant
        self.temperature = temperature

    def score(self, outputs: Outputs) -> Scores:
        """The log odds of each image `(N,)`."""
        log_p, rest = log_softmax_of(outputs, self.temperature), log_rest_of(outputs, self.temperature)
        if self.variant == "beta":
            odds: Scores = (log_p - rest).max(axis=1)
            return odds
        return log_sum_exp(2 * log_p) - log_sum_exp(log_p + rest)

    def tensor_score(self) -> TensorScore:
        """`score` in torch."""
        from bench.tensors.logits import log_rest, log_softmax, log_sum_exp

        def score(output: NetworkOutput) -> Tensor:
            log_p = log_softmax(output.logits, self.temperature)
            rest = log_rest(log_p)
            if self.variant == "beta":
                return (log_p - rest).amax(1)
            return log_sum_exp(2 * log_p) - log_sum_exp(log_p + rest)

        return score
