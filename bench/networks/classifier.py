"""The one contract of every network: logits, features, and a confidence where the branch exists."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from bench.citation import UNPUBLISHED, Citation
from bench.registry import registers, registry

if TYPE_CHECKING:
    from bench.data.transform import InputTransform

network = registers("network")
"""Class decorator that registers an architecture under a literal name: `@network("resnet20")`."""

NETWORKS = registry("network")


Stage = Callable[[Tensor], Tensor]
"""A part of a network's trunk: from maps `(N, c, h, w)`, or from the images, to maps."""


class NetworkOutput(NamedTuple):
    """What a network says of a batch of N images.

    `logits` `(N, K)`; `features` `(N, D)`, the input of the last linear layer; `confidence_logit` `(N,)`, whose
    sigmoid is the learned confidence in (0, 1), or None without the branch. The logit is kept because the sigmoid
    saturates in float32 and would tie.
    """

    logits: Tensor
    features: Tensor
    confidence_logit: Tensor | None


class Classifier(nn.Module):
    """A trunk of stages, whose last maps are averaged into features, one linear layer on these, and optionally a
    linear confidence branch beside it.

    A subclass builds its trunk in `build` and names its parts in `stages`. Class data: `citation`, and `aliases`,
    other repositories' names of its modules, so that their checkpoints load. `transform` is the input transform it was
    trained with, where it was built from a checkpoint.
    """

    name: ClassVar[str]
    citation: ClassVar[Citation] = UNPUBLISHED
    version: ClassVar[int] = 1
    aliases: ClassVar[dict[str, str]] = {"linear": "classifier", "fc": "classifier"}

    transform: InputTransform | None = None

    def __init__(self, num_classes: int, *, channels: int = 3, confidence_branch: bool = False) -> None:
        super().__init__()
        num_features = self.build(channels)
        self.classifier = nn.Linear(num_features, num_classes)
        self.confidence = nn.Linear(num_features, 1) if confidence_branch else None

    @abstractmethod
    def build(self, channels: int) -> int:
        """Add the trunk's modules for images of `channels` channels; return the number of features D."""

    @abstractmethod
    def stages(self) -> Sequence[Stage]:
        """The trunk's parts in the order in which they run, from images to the maps `(N, D, h, w)` of the features."""

    def forward(self, images: Tensor) -> NetworkOutput:
        """Logits, features and, with the branch, the confidence logit of normalised images `(N, C, H, W)`."""
        return self.resume(images, 0)

    def forward_stages(self, images: Tensor) -> tuple[list[Tensor], NetworkOutput]:
        """The maps after each stage, each `(N, c, h, w)`, and what `forward` returns."""
        maps, found = images, []
        for stage in self.stages():
            maps = stage(maps)
            found.append(maps)
        return found, self.classify(maps)

    def resume(self, maps: Tensor, stage: int) -> NetworkOutput:
        """What the network says when the stage of that number is given `maps` and the ones before it are left out."""
        for one in self.stages()[stage:]:
            maps = one(maps)
        return self.classify(maps)

    def classify(self, maps: Tensor) -> NetworkOutput:
        """What the network says of the last stage's maps `(N, D, h, w)`: their average are the features."""
        features = maps.mean((2, 3))
        confidence = None if self.confidence is None else self.confidence(features).squeeze(1)
        return NetworkOutput(self.classifier(features), features, confidence)

    @property
    def num_classes(self) -> int:
        """K, the number of classes."""
        return self.classifier.out_features


def build_network(
    name: str, num_classes: int, *, channels: int = 3, confidence_branch: bool = False, seed: int = 0
) -> Classifier:
    """A freshly initialised network; the same seed gives the same weights, and the global random state is untouched."""
    architecture: Any = NETWORKS.get(name)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        built: Classifier = architecture(num_classes, channels=channels, confidence_branch=confidence_branch)
    return built
