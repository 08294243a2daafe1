"""One way through a network with gradients, and what passed its layers: what gradients of weights are made from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from torch import Tensor, nn

from bench.networks.classifier import NetworkOutput


class LayerCall:
    """A layer with parameters that was passed once: `given` is what went into it, without gradients.

    `node` is what made its output, or None where that has no gradient.
    """

    def __init__(self, layer: nn.Module, given: Tensor, output: Tensor) -> None:
        self.layer, self.given, self.node = layer, given.detach(), output.grad_fn
        self._version = given._version

    @property
    def changed(self) -> bool:
        """Whether what went in was overwritten since."""
        return self.given._version != self._version


@dataclass(frozen=True, eq=False)
class Passage:
    """`inputs` `(B, C, H, W)` that require gradients, and the network's `output` with the graph that leads back.

    `calls` are those of the network's layers with parameters, in their order.
    """

    inputs: Tensor
    output: NetworkOutput
    calls: list[LayerCall]


@contextmanager
def noted_calls(layers: Iterable[nn.Module]) -> Iterator[list[LayerCall]]:
    """A list that fills while a network runs in the block."""
    calls: list[LayerCall] = []

    def note(layer: nn.Module, given: tuple[Tensor, ...], output: Tensor) -> None:
        calls.append(LayerCall(layer, given[0], output))

    with ExitStack() as stack:
        for layer in layers:
            stack.callback(layer.register_forward_hook(note).remove)
        yield calls


def layers_with_parameters(network: nn.Module) -> Iterator[nn.Module]:
    """Those that have parameters of their own."""
    return (layer for layer in network.modules() if next(layer.parameters(recurse=False), None) is not None)
