"""The network of the layer case in float64 and its input, for oracles that compute everything anew."""

import copy

import torch
from torch import Tensor, nn

from bench.extraction.outputs import Outputs
from bench.networks.classifier import Classifier


def network_and_input(outputs: Outputs) -> tuple[Classifier, Tensor]:
    """A float64 copy of the network, and the normalised images `(N, C, H, W)` that it was shown."""
    network, images = as_it_ran(outputs)
    return copy.deepcopy(network).double(), images.double()


def as_it_ran(outputs: Outputs) -> tuple[Classifier, Tensor]:
    """The network itself and its input in float32, for other libraries."""
    probe = next(probe for probe in outputs.probed if type(probe).__name__ == "Raw")
    network: Classifier = probe.network  # type: ignore[attr-defined]
    return network, torch.from_numpy(outputs.probed[probe])


class LogitsOnly(nn.Module):
    """The network as other libraries want it: images in, logits out, with the features as a module's output."""

    def __init__(self, network: Classifier) -> None:
        super().__init__()
        self.trunk = nn.Sequential(*(stage for stage in network.stages() if isinstance(stage, nn.Module)))
        self.features = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.classifier = network.classifier

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.classifier(self.features(self.trunk(images)))
        return logits
