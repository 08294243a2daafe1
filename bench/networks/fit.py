"""Whether tensors fit an architecture, and if not, which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from .classifier import build_network

_SHOWN = 8


@dataclass(frozen=True)
class Misfit:
    """The keys by which a state dict differs from what a network takes; false when there are none.

    `reshaped` says of each key which shape was found and which is expected.
    """

    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    reshaped: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.missing) + len(self.unexpected) + len(self.reshaped)

    def __str__(self) -> str:
        kinds = (("missing", self.missing), ("unexpected", self.unexpected), ("of another shape", self.reshaped))
        return "; ".join(f"{kind}: {_shorten(keys)}" for kind, keys in kinds if keys)


def expected_state(network: str, num_classes: int, *, channels: int, confidence_branch: bool) -> dict[str, Tensor]:
    """A state dict of the network, for its names, shapes and types; the values mean nothing."""
    built = build_network(network, num_classes, channels=channels, confidence_branch=confidence_branch)
    return built.state_dict()


def find_misfit(state: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> Misfit:
    """The keys of `state` that are not as `expected`."""
    return Misfit(
        missing=tuple(key for key in expected if key not in state),
        unexpected=tuple(key for key in state if key not in expected),
        reshaped=tuple(
            f"{key} {tuple(state[key].shape)} instead of {tuple(tensor.shape)}"
            for key, tensor in expected.items()
            if key in state and state[key].shape != tensor.shape
        ),
    )


def _shorten(keys: tuple[str, ...]) -> str:
    rest = len(keys) - _SHOWN
    return ", ".join(keys[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
