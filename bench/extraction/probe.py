"""Probes: what a method wants to see of a pass besides logits and features, one array per batch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from .constant import describe

if TYPE_CHECKING:
    from torch import Tensor, nn

    from bench.data.transform import InputTransform
    from bench.networks.classifier import NetworkOutput

    from .passage import Passage


@dataclass(frozen=True, eq=False)
class Seen:
    """A batch of B images on its way through the network.

    `images` `(B, C, H, W)` is the network's input as the view shows it, made by `transform`. `output` is what the
    network says of it. `stages` are the maps after each stage of `network`, which is a `Classifier` then; they are
    empty where no probe of the pass asks for them. `passage` is the way through the network with the graph back,
    where the probe's `gradients_of_weights` asks for it; it may be missing all the same.
    """

    images: Tensor
    transform: InputTransform
    network: nn.Module
    output: NetworkOutput
    stages: Sequence[Tensor]
    passage: Passage | None = None

    @property
    def pixels(self) -> Tensor:
        """The images as values in [0, 1] again, up to the rounding of float32."""
        mean, std = (self.transform.per_channel(v, self.images) for v in (self.transform.mean, self.transform.std))
        return self.images * std + mean


class Probe(ABC):
    """A function of a batch with one row per image; a frozen dataclass, whose fields are numbers, words or `Constant`s.

    It is asked in the pass that yields logits and features, so it costs no pass of its own. Class data: `stages`,
    whether it looks at the maps between; `differentiates`, whether it takes gradients, by itself, with respect to maps
    or images that it detaches; `gradients_of_weights`, whether it takes those, from what passes the layers; `version`,
    to be raised when a change alters what it gives.
    """

    stages: ClassVar[bool] = False
    differentiates: ClassVar[bool] = False
    gradients_of_weights: ClassVar[bool] = False
    version: ClassVar[int] = 1

    @abstractmethod
    def __call__(self, seen: Seen) -> Tensor:
        """A tensor `(B, …)` whose row i depends on image i alone; kept as float32."""

    def describe(self) -> dict[str, Any]:
        """The probe as plain data, for content keys."""
        return describe(self, self.version)
