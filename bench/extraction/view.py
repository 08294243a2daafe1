"""How images are shown to the network: as they are, or after a step along an input gradient."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

from bench.errors import BenchError

from .constant import describe

if TYPE_CHECKING:
    from torch import Tensor

    from bench.networks.classifier import NetworkOutput


Unit = Literal["raw", "normalized"]
"""What a step is measured in: pixel values in [0, 1], or the network's normalised input."""

End = Literal["largest", "smallest"]
"""Which input values of an image a step moves: those with the largest or the smallest size of the gradient."""


class InputLoss(ABC):
    """A loss per image whose gradient with respect to the image gives a direction; a frozen dataclass.

    Views with equal losses share one forward and one backward pass. `version` is to be raised when a change alters
    the direction, so that outputs extracted before are not taken for new ones.
    """

    version: ClassVar[int] = 1

    @abstractmethod
    def __call__(self, output: NetworkOutput) -> Tensor:
        """The loss of each image `(N,)`; it must depend on that image alone."""

    def describe(self) -> dict[str, Any]:
        """The loss as plain data, for content keys."""
        return describe(self, self.version)


@dataclass(frozen=True)
class View:
    """Images as they are (`loss` None), or moved: x' = x - epsilon sign(d loss / d x).

    `unit` says what epsilon is measured in: `normalized`, the network's input after subtracting the mean and
    dividing by the standard deviation; or `raw`, pixel values in [0, 1], so that the step in normalised input is
    epsilon / std of each channel. The moved image is not clipped, as in the papers' code.

    `share` in [0, 1] moves that share of an image's values only (one channel of one pixel is one value), rounded down,
    but one value at least; the others stay. They are those whose gradient with respect to the normalised input is
    `largest` or `smallest` in size, as `end` says.
    """

    loss: InputLoss | None = None
    epsilon: float = 0.0
    unit: Unit = "normalized"
    share: float = 1.0
    end: End = "largest"

    def __post_init__(self) -> None:
        checked_unit(self.unit)
        if self.loss is None and self.epsilon != 0:
            raise BenchError(f"A step of epsilon {self.epsilon} has no direction without a loss.")
        if not 0 <= self.share <= 1:
            raise BenchError(f"The share of the input values that a step moves must be in [0, 1], got {self.share}.")
        if self.end not in get_args(End):
            raise BenchError(f"The end of the gradients must be 'largest' or 'smallest', not '{self.end}'.")
        if self.loss is None:  # there is one clean view, whatever the step that is not made
            object.__setattr__(self, "unit", "normalized")
            object.__setattr__(self, "share", 1.0)
        if self.share == 1:  # all values are moved, from whichever end they are counted
            object.__setattr__(self, "end", "largest")

    def describe(self) -> dict[str, Any]:
        """The view as plain data, for content keys."""
        if self.loss is None:
            return {}
        described = {"loss": self.loss.describe(), "epsilon": self.epsilon, "unit": self.unit}
        return described if self.share == 1 else described | {"share": self.share, "end": self.end}


def checked_unit(unit: Unit) -> Unit:
    """`unit` itself; raises `BenchError` for a word that is no unit of epsilon."""
    if unit not in get_args(Unit):
        raise BenchError(f"Epsilon's unit must be 'raw' or 'normalized', not '{unit}'.")
    return unit


CLEAN = View()
"""The images as the transform makes them."""
