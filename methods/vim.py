"""Virtual-logit matching (Wang et al. 2022)."""

from __future__ import annotations

from typing import Self

import numpy as np

from bench.citation import Citation
from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.fitting.data import Facts, FitData
from bench.fitting.residual_space import principal_dim, require_residual, residual_space
from bench.logits import log_sum_exp
from bench.method_contract import Method, Scores, TensorScore, method

WANG_2022 = Citation(
    title="ViM: Out-Of-Distribution with Virtual-logit Matching",
    authors="Haoqi Wang, Zhizhong Li, Litong Feng, Wayne Zhang",
    year=2022,
    venue="CVPR",
    url="https://arxiv.org/abs/2203.10807",
    where="section 4",
)


@method("vim")
class ViM(Method):
    """The energy of the logits less a virtual logit, the length of the feature outside the principal directions.

    With o = -W⁺ b the origin and R the eigenvectors of the training features' second moment around o, less the `dim`
    largest: score = log sum_k exp(f_k) - alpha ||Rᵀ(z - o)||, where alpha = mean max logit / mean ||Rᵀ(z - o)|| over
    the training images. The paper's ViM is the softmax probability of the virtual logit, which falls as the score
    rises; its code has this score, whose order is the same. Peers differ in the directions alone. pytorch-ood asks
    for `dim` and halves the features where they are fewer; OpenOOD takes 256; oodeel takes those that explain 99 % of
    the variance, around the mean; detectors has 1000 above 1,500 features.

    Args:
        dim: the number of principal directions, at least 0 and fewer than the features. 0 is the authors' rule: 1000
            from 2,048 features on, 512 from 768 on, else half of the features.
    """

    citation = WANG_2022
    equation = "log Σₖ exp fₖ - α ‖Rᵀ(z + W⁺b)‖"
    group = "features"
    needs = frozenset({"features", "head", "training"})

    def __init__(self, *, dim: int = 0) -> None:
        if dim < 0:
            raise BenchError(f"vim: dim must be at least 0, got {dim}.")
        self.dim = dim

    def check(self, facts: Facts) -> None:
        """Refuse directions that leave nothing over, and fewer training images than directions."""
        super().check(facts)
        require_residual(self.name, self.dim, facts)

    def fit(self, data: FitData) -> Self:
        """Find the residual space and the scale of the virtual logit."""
        self.space_ = residual_space(data, principal_dim(self.dim, data.features.shape[1]))
        length = self.space_.norms(data.train).mean()
        if not length > 0:
            raise BenchError(
                "vim: no training feature has a part outside the principal directions; choose a lower dim."
            )
        self.alpha_ = float(data.train.logits.max(axis=1).mean(dtype=np.float64) / length)
        return self

    def score(self, outputs: Outputs) -> Scores:
        """The energy less the virtual logit `(N,)`."""
        return log_sum_exp(outputs.logits) - self.alpha_ * self.space_.norms(outputs)

    def tensor_score(self) -> TensorScore:
        """`score` in torch."""
        from bench.tensors.logits import log_sum_exp
        from bench.tensors.residual import TensorResidualSpace

        space = TensorResidualSpace(self.space_)
        return lambda output: log_sum_exp(output.logits) - self.alpha_ * space.norms(output.features)
