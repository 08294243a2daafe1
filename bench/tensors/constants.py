"""What a method learnt as tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bench.fitting.data import Head


def constant(array: NDArray[Any]) -> Tensor:
    """A copy of an array as a tensor of the same type on the CPU."""
    return torch.from_numpy(np.array(array, order="C"))


class TensorHead:
    """The last linear layer in torch, in float64."""

    def __init__(self, head: Head) -> None:
        self.weight, self.bias = constant(head.weight), constant(head.bias)

    def __call__(self, features: Tensor) -> Tensor:
        """The logits `(N, K)` of features `(N, D)`."""
        return features @ self.weight.T + self.bias
