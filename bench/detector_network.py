"""The network of a detector: a checkpoint of this project's, or a network from elsewhere and what opens it again."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from bench.data.images import Images
from bench.data.transform import InputTransform
from bench.fitting.data import Facts
from bench.networks.checkpoint import Checkpoint
from bench.running.facts import facts_of_checkpoint, facts_of_model
from bench.running.model_at_hand import as_tested, num_classes_of
from bench.running.network import TestedNetwork
from bench.user_path import user_path
from bench.zoo.named import NamedNetwork
from bench.zoo.opening import open_network

CPU = torch.device("cpu")


@dataclass(frozen=True, eq=False)
class GivenNetwork:
    """A network from elsewhere, as it is run on the CPU, and what opens it again.

    `opened_by` is what `--network` says, with whole paths; the file of its weights, where it has one, is not kept here.
    `classes` are the names of its classes, where they are known; `lacks` says of needs of methods why it cannot meet
    them.
    """

    tested: TestedNetwork
    opened_by: str
    id_dataset: str
    last_layer: str | None = None
    classes: tuple[str, ...] = ()
    lacks: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        named: NamedNetwork,
        text: str,
        transform: InputTransform,
        *,
        id_dataset: str,
        last_layer: str | None = None,
        assumed: Sequence[str] = (),
    ) -> GivenNetwork:
        """The network that `text` named, with the images that `transform` makes; `assumed` begins its note.

        Raises `BenchError` where it does not make logits of these, or the last layer does not make the logits.
        """
        tested = as_tested(named, transform, CPU, last_layer=last_layer, assumed=assumed)
        return cls(tested, _with_whole_paths(text), id_dataset, last_layer, named.classes, named.lacks)

    @classmethod
    def open(cls, facts: Mapping[str, Any], file: Path | None) -> GivenNetwork:
        """The network that `describe_network` told of, with the weights in `file` where it needs one."""
        text, transform = facts["opened_by"], InputTransform.from_dict(facts["transform"])
        named = open_network(text, file)
        return cls.of(named, text, transform, id_dataset=facts["id_dataset"], last_layer=facts.get("last_layer"))

    @property
    def network(self) -> str:
        """What it is called in rows."""
        return self.tested.name

    @property
    def weights_hash(self) -> str:
        """What stands for its weights, its structure and its code."""
        return self.tested.weights_hash

    @property
    def transform(self) -> InputTransform:
        """What makes its input of pixels."""
        return self.tested.transform

    @property
    def num_classes(self) -> int:
        """K, the number of classes that it tells apart."""
        return num_classes_of(self.tested)

    def build(self, device: torch.device | str = "cpu") -> nn.Module:
        """The network, with this project's contract, on `device`."""
        return self.tested.model if torch.device(device) == CPU else copy.deepcopy(self.tested.model).to(device)


DetectorNetwork = Checkpoint | GivenNetwork


def tested_on(network: DetectorNetwork, device: torch.device) -> TestedNetwork:
    """The network ready to be run on `device`."""
    if isinstance(network, Checkpoint):
        return TestedNetwork.of(network, device)
    return replace(network.tested, model=network.build(device))


def facts_of_network(network: DetectorNetwork, train_images: Callable[[], Images]) -> Facts:
    """What is known of the network before it is run."""
    if isinstance(network, Checkpoint):
        return facts_of_checkpoint(network, train_images)
    return facts_of_model(network.tested, train_images, network.lacks)


def describe_network(network: DetectorNetwork) -> dict[str, Any]:
    """The network as plain data, but for the path of its weights."""
    known: dict[str, Any] = {
        "weights_hash": network.weights_hash,
        "network": network.network,
        "id_dataset": network.id_dataset,
        "transform": network.transform.to_dict(),
    }
    if isinstance(network, GivenNetwork):
        known |= {"opened_by": network.opened_by, "last_layer": network.last_layer}
    return known


def _with_whole_paths(text: str) -> str:
    """What `--network` says, as it can be said from any folder."""
    place, _, name = text.rpartition(":")
    if place.endswith(".py"):
        return f"{user_path(place).resolve()}:{name}"
    kind, _, rest = text.partition(":")
    is_path = kind in ("torchscript", "onnx") or (kind == "hf" and rest.startswith((".", "~")))
    return f"{kind}:{user_path(rest).resolve()}" if is_path else text
