"""A network from elsewhere as a part of a program."""

from __future__ import annotations

from torch import Tensor, nn

from bench.networks.adapt import AdaptedClassifier, logits_in
from bench.networks.classifier import NetworkOutput
from bench.networks.last_layer import before, features_of


class AdaptedProgram(nn.Module):
    """Logits and features of a network from elsewhere, without the comparison that its adapter makes of each batch.

    What depends on the values cannot be traced; that the program decides as the detector does is compared when it is
    exported.
    """

    def __init__(self, adapted: AdaptedClassifier) -> None:
        super().__init__()
        self.model, self.layer = adapted.model, adapted.classifier

    def forward(self, images: Tensor) -> NetworkOutput:
        """Logits and features of normalised images `(N, C, H, W)`; no confidence."""
        if self.layer is None:
            logits = logits_in(self.model(images))
            return NetworkOutput(logits, logits.new_empty((len(logits), 0)), None)
        seen: list[Tensor] = []
        with before([self.layer], lambda _, entering: seen.append(entering)):
            logits = logits_in(self.model(images))
        features = features_of(self.layer, seen[-1])
        assert features is not None  # as the adapter found when it was made
        return NetworkOutput(logits, features, None)


def traceable(network: nn.Module) -> nn.Module:
    """The network itself, or in the place of an adapted one what can be traced of it."""
    return AdaptedProgram(network) if isinstance(network, AdaptedClassifier) else network
