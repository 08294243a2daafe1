"""The norm of the feature outside the principal directions (Wang et al. 2022)."""

from __future__ import annotations

from typing import Self

from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.fitting.data import Facts, FitData
from bench.fitting.residual_space import principal_dim, require_residual, residual_space
from bench.method_contract import Method, Scores, TensorScore, method

from .vim import WANG_2022


@method("residual")
class Residual(Method):
    """The length of the feature outside the principal directions of the training features, negated.

    score = -||Rᵀ(z - o)||, with R and o as in ViM; the paper's residual grows with being OOD. It looks at no logit.
    OpenOOD takes 512 principal directions, found on the validation images.

    Args:
        dim: the number of principal directions, at least 0 and fewer than the features. 0 is the authors' rule: 1000
            from 2,048 features on, 512 from 768 on, else half of the features.
    """

    citation = WANG_2022
    equation = "-‖Rᵀ(z + W⁺b)‖"
    group = "features"
    needs = frozenset({"features", "head", "training"})

    def __init__(self, *, dim: int = 0) -> None:
        if dim < 0:
            raise BenchError(f"residual: dim must be at least 0, got {dim}.")
        self.dim = dim

    def check(self, facts: Facts) -> None:
        """Refuse directions that leave nothing over, and fewer training images than directions."""
        super().check(facts)
        require_residual(self.name, self.dim, facts)

    def fit(self, data: FitData) -> Self:
        """Find the residual space."""
        self.space_ = residual_space(data, principal_dim(self.dim, data.features.shape[1]))
        return self

    def score(self, outputs: Outputs) -> Scores:
        """The negated length of the residual `(N,)`."""
        return -self.space_.norms(outputs)

    def tensor_score(self) -> TensorScore:
        """`score` in torch."""
        from bench.tensors.residual import TensorResidualSpace

        space = TensorResidualSpace(self.space_)
        return lambda output: -space.norms(output.features)
