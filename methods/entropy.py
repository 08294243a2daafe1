"""Entropy of the softmax, as an OOD score (Macêdo et al. 2022)."""

from __future__ import annotations

from bench.citation import Citation
from bench.extraction.outputs import Outputs
from bench.logits import log_softmax_of, negative_entropy
from bench.method_contract import Method, Scores, TensorScore, method


@method("entropy")
class Entropy(Method):
    """The negative Shannon entropy of the softmax.

    The score is sum_k p_k log p_k in nats, in [-log K, 0]; the entropy itself is larger for OOD images. It is summed
    from log probabilities, so that it keeps its order where the largest probability rounds to 1.

    The cited paper scores its own networks by it ("entropic score"); here it is for any network. pytorch-ood clips
    probabilities at 1e-7; detectors returns the entropy without the minus sign, which inverts its AUROC.
    """

    citation = Citation(
        title="Entropic Out-of-Distribution Detection: Seamless Detection of Unknown Examples",
        authors="David Macêdo, Tsang Ing Ren, Cleber Zanchettin, Adriano L. I. Oliveira, Teresa Ludermir",
        year=2022,
        venue="IEEE Transactions on Neural Networks and Learning Systems",
        url="https://arxiv.org/abs/2006.04005",
        where="entropic score",
    )
    equation = "Σ_k p_k log p_k"
    group = "logits"

    def score(self, outputs: Outputs) -> Scores:
        """The negative entropy of each image's softmax `(N,)`."""
        return negative_entropy(log_softmax_of(outputs))

    def tensor_score(self) -> TensorScore:
        """`score` in torch."""
        from bench.tensors.logits import log_softmax, negative_entropy

        return lambda output: negative_entropy(log_softmax(output.logits))
