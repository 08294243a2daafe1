"""Energy (Liu et al. 2020)."""

from __future__ import annotations

from bench.citation import Citation
from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.logits import log_sum_exp
from bench.method_contract import Method, Scores, TensorScore, method


@method("energy")
class Energy(Method):
    """The negative free energy of the logits: their log-sum-exp.

    The score is -E(x) = T log sum_k exp(f_k / T), in the logits' units; the paper's energy E is its negative, as is
    pytorch-ood's outlier score. It is the score alone, for any network; the paper's fine-tuning with energy margins is
    a training objective and no part of it.

    Args:
        temperature: T, above 0; the paper's is 1, and it finds larger ones to be worse. T near 0 gives max-logit, a
            large T the mean logit.
    """

    citation = Citation(
        title="Energy-based Out-of-distribution Detection",
        authors="Weitang Liu, Xiaoyun Wang, John D. Owens, Yixuan Li",
        year=2020,
        venue="NeurIPS",
        url="https://arxiv.org/abs/2010.03759",
        where="section 3.1",
    )
    equation = "T log Σ_k exp(f_k / T)"
    group = "logits"
    search = {"temperature": (0.5, 1.0, 2.0, 5.0, 10.0)}  # noqa: RUF012 - read-only by contract

    def __init__(self, *, temperature: float = 1.0) -> None:
        if not temperature > 0:
            raise BenchError(f"energy: temperature must be positive, got {temperature}.")
        self.temperature = temperature

    def score(self, outputs: Outputs) -> Scores:
        """The negative free energy of each image `(N,)`."""
        return log_sum_exp(outputs.logits, self.temperature)

    def tensor_score(self) -> TensorScore:
        """`score` in torch."""
        from bench.tensors.logits import log_sum_exp

        return lambda output: log_sum_exp(output.logits, self.temperature)
