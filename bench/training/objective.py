"""What a training loss is; a method that needs one of its own brings it in its file."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import torch
from torch import Tensor
from torch.nn import functional as F

from bench.networks.classifier import NetworkOutput
from bench.registry import registers, registry
from bench.settings import checked_settings

objective = registers("objective")
"""Class decorator that registers a training objective under a literal name: `@objective("cross-entropy")`."""

OBJECTIVES = registry("objective")


class Objective(ABC):
    """A training loss. The constructor holds hyper-parameters only.

    Class data: `confidence_branch` says whether the network needs the branch. An objective may keep numbers that
    change during training as 0-d tensors in `state`; they are stored with the network and restored on resume. What it
    leaves in `measured`, means over the last batch as 0-d tensors, is averaged over each epoch in the training's log.
    """

    name: ClassVar[str]
    confidence_branch: ClassVar[bool] = False

    def __init__(self) -> None:
        self.state: dict[str, Tensor] = {}
        self.measured: dict[str, Tensor] = {}

    @abstractmethod
    def loss(self, output: NetworkOutput, labels: Tensor, generator: torch.Generator) -> Tensor:
        """The batch's mean loss, a float32 scalar; `generator` (CPU) is the only source of random numbers."""

    def parameters(self) -> dict[str, float]:
        """The hyper-parameters, for the checkpoint's identity."""
        return {}

    @classmethod
    def make(cls, parameters: Mapping[str, Any]) -> Self:
        """An instance with some hyper-parameters set, each in the type of its default.

        Raises `UnknownNameError` for one that it does not have, and `BenchError` for a value it cannot work with.
        """
        defaults = {name: given.default for name, given in inspect.signature(cls).parameters.items()}
        return cls(**checked_settings(cls.name, parameters, defaults))


@objective("cross-entropy")
class CrossEntropy(Objective):
    """The mean negative log-likelihood of the right class: the baseline network of every comparison."""

    def loss(self, output: NetworkOutput, labels: Tensor, generator: torch.Generator) -> Tensor:
        """Cross-entropy of the logits in float32."""
        return F.cross_entropy(output.logits.float(), labels)
