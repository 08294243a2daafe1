"""KL matching (Hendrycks et al. 2022): the softmax against that of each class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from bench.citation import Citation
from bench.extraction.outputs import Outputs
from bench.fitting.blocks import blocks
from bench.fitting.data import FitData
from bench.logits import log_softmax, log_softmax_of, negative_entropy
from bench.method_contract import Method, Scores, TensorScore, method

if TYPE_CHECKING:
    from torch import Tensor

    from bench.networks.classifier import NetworkOutput


@method("kl-matching")
class KLMatching(Method):
    """The negative KL divergence of the softmax from the nearest class template.

    The template d_k is the mean softmax of the images that the network predicts to be class k; labels are not used.
    The score is -min_k KL(p || d_k), in nats, at most 0 up to rounding; the paper's anomaly score is its negative. Over
    all templates at once it is max_k (p @ log d_k) - sum_j p_j log p_j, in float64: in float32 the difference of the
    two cancels. A class that is predicted for no training image has no template.

    The paper takes templates from a validation set. Here they come from the training images, as in ViM's and OpenOOD's
    code and in detectors; these are more certain than unseen images are. large_scale_ood groups by label. detectors
    compares with the predicted class's template alone and adds 1e-6 to it; pytorch-ood is as here.
    """

    citation = Citation(
        title="Scaling Out-of-Distribution Detection for Real-World Settings",
        authors="Dan Hendrycks, Steven Basart, Mantas Mazeika, Andy Zou, Joe Kwon, Mohammadreza Mostajabi, "
        "Jacob Steinhardt, Dawn Song",
        year=2022,
        venue="ICML",
        url="https://arxiv.org/abs/1911.11132",
        where="KL matching",
    )
    equation = "-min_k Σ_j p_j (log p_j - log d_kj), d_k = mean softmax of the training images predicted as k"
    group = "logits"
    needs = frozenset({"training"})

    def fit(self, data: FitData) -> Self:
        """Learn the logarithms of the templates."""
        self.log_templates_ = data.once("log mean softmax by prediction", lambda: _log_templates(data.train))
        return self

    def score(self, outputs: Outputs) -> Scores:
        """The negative divergence of each image `(N,)` from its nearest template."""
        log_p = log_softmax_of(outputs)
        nearest: Scores = (np.exp(log_p) @ self.log_templates_.T).max(axis=1)
        return nearest - negative_entropy(log_p)

    def tensor_score(self) -> TensorScore:
        """`score` in torch."""
        from bench.tensors.constants import constant
        from bench.tensors.logits import log_softmax, negative_entropy

        templates = constant(self.log_templates_)

        def score(output: NetworkOutput) -> Tensor:
            log_p = log_softmax(output.logits)
            return (log_p.exp() @ templates.T).amax(1) - negative_entropy(log_p)

        return score


def _log_templates(train: Outputs) -> NDArray[np.float64]:
    """Log of the mean softmax `(K', K)` for each of the K' classes that are predicted, ascending.

    Sums are kept as logarithms: a probability too small for a double still has one.
    """
    classes = train.logits.shape[1]
    totals, counts = np.full((classes, classes), -np.inf), np.zeros(classes, np.int64)
    for block in blocks(len(train), 4 * classes):
        log_p = log_softmax(train.logits[block])
        predicted = log_p.argmax(axis=1)
        log_p = log_p[predicted.argsort(kind="stable")]
        found, sizes = np.unique(predicted, return_counts=True)
        starts = sizes.cumsum() - sizes
        peaks = np.maximum.reduceat(log_p, starts)
        shares = np.exp(log_p - np.repeat(peaks, sizes, axis=0))
        totals[found] = np.logaddexp(totals[found], peaks + np.log(np.add.reduceat(shares, starts)))
        counts[found] += sizes
    present = np.flatnonzero(counts)
    log_means: NDArray[np.float64] = totals[present] - np.log(counts[present])[:, None]
    return log_means
