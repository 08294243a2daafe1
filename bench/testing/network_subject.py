"""A network under check."""

from __future__ import annotations

from functools import cached_property
from typing import cast

import torch
from torch import Tensor, nn

from bench.networks.classifier import Classifier, NetworkOutput

from .check import CheckFailure, CheckSkipped
from .method_subject import restored_random_state
from .outcome import raised

CLASSES, COUNT = 7, 3


class NetworkSubject:
    """An architecture, how it is spelt in what is printed, and the side in pixels of the images that it takes."""

    def __init__(self, architecture: type[Classifier], spelling: str, *, size: int = 32) -> None:
        self.architecture, self.spelling, self.size = architecture, spelling, size

    @property
    def look(self) -> str:
        """Python lines that make a network and images for it."""
        return (
            "from bench.testing import network_trial\n"
            f"network, images = network_trial({self.spelling!r}, size={self.size})\noutput = network(images)"
        )

    def failure(self, expected: str, found: str, *lines: str) -> CheckFailure:
        """The failure of a check, with further lines that show it."""
        return CheckFailure(expected, found, "\n".join([self.look, *lines]))

    def build(
        self, num_classes: int = CLASSES, *, channels: int = 3, confidence_branch: bool = False, seed: int = 0
    ) -> Classifier:
        """A new network from a seed; the global random states are put back."""
        with restored_random_state():
            torch.manual_seed(seed)
            return self.architecture(num_classes, channels=channels, confidence_branch=confidence_branch)

    def images(self, count: int = COUNT, *, channels: int = 3) -> Tensor:
        """Normal noise `(N, C, size, size)`, the same each time."""
        generator = torch.Generator().manual_seed(1)
        return torch.randn(count, channels, self.size, self.size, generator=generator)

    @cached_property
    def lively(self) -> Classifier:
        """A network with the confidence branch, in eval mode, whose batch statistics hide no mistake (not 0 and 1)."""
        try:
            network = enlivened(self.build(confidence_branch=True).eval())
            with torch.no_grad():
                output = network(self.images())
            assert isinstance(output, NetworkOutput)
            assert output.logits.shape == (COUNT, CLASSES)
            assert output.features.ndim == 2
        except Exception as error:
            told = f"nothing to look at before the check outputs is mended ({type(error).__name__})"
            raise CheckSkipped(told) from error
        return network

    @cached_property
    def said(self) -> NetworkOutput:
        """What the lively network says of the images, with gradients."""
        return cast(NetworkOutput, self.lively(self.images()))

    @cached_property
    def trouble(self) -> str:
        """Why the network cannot be built and run, or empty."""
        try:
            self.build().eval()(self.images())
        except Exception as error:
            return raised(error)
        return ""

    @cached_property
    def trembles(self) -> bool:
        """Whether the network says something else of the same images in eval mode."""
        with torch.no_grad():
            return not all(equal(one, other) for one, other in zip(self.said, self.lively(self.images()), strict=True))

    def require_outputs(self) -> None:
        """Raise `CheckSkipped` unless the network can be built and says what networks say."""
        assert self.lively is not None

    def require_steady(self) -> None:
        """Raise `CheckSkipped` where outputs differ from time to time, so that comparing them says nothing."""
        if self.trembles:
            raise CheckSkipped("outputs differ from time to time, so that comparing them says nothing")


def enlivened(network: Classifier) -> Classifier:
    """`network` with batch statistics and scales that are not 0 and 1."""
    generator = torch.Generator().manual_seed(0)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d) and module.affine and module.running_mean is not None:
            for values, low, high in (
                (module.weight.data, 0.5, 1.5),
                (module.bias.data, -0.3, 0.3),
                (module.running_mean, -0.2, 0.2),
                (cast(Tensor, module.running_var), 0.5, 1.5),
            ):
                values.uniform_(low, high, generator=generator)
    return network


def equal(one: Tensor | None, other: Tensor | None) -> bool:
    """Whether two parts of outputs are equal bit for bit."""
    if one is None or other is None:
        return one is other
    return torch.equal(one, other)


def close(one: Tensor | None, other: Tensor | None, tolerance: float = 1e-4) -> bool:
    """Whether two parts of outputs are equal up to the rounding of float32."""
    if one is None or other is None:
        return one is other
    size = float(other.detach().abs().max()) if other.numel() else 0.0
    return one.shape == other.shape and torch.allclose(one, other, rtol=tolerance, atol=tolerance * size)
