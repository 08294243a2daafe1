"""A network under test, and what of it methods are fitted on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from bench.canonical import content_key
from bench.data.transform import InputTransform
from bench.fitting.data import Head
from bench.networks.adapt import AdaptedClassifier
from bench.networks.checkpoint import Checkpoint, plan_of
from bench.networks.classifier import Classifier, NetworkOutput
from bench.networks.last_layer import head_weight
from bench.plugins import code_of

NO_NETWORK = "none"
"""What stands in rows for the network of methods that look at pixels alone."""


@dataclass(frozen=True)
class TestedNetwork:
    """A network under test, with what of it belongs into rows and keys.

    `members` are the networks of an ensemble, which has no model of its own to run. `note` holds sentences on what was
    assumed of it, or is empty. `origin` names the training that makes the weights, which is known before they are;
    empty for a network that was trained elsewhere.
    """

    __test__ = False

    model: nn.Module
    name: str
    weights_hash: str
    transform: InputTransform
    objective: str
    seed: int | None
    members: tuple[TestedNetwork, ...] = field(default=())
    note: str = ""
    origin: str = ""

    @classmethod
    def of(cls, checkpoint: Checkpoint, device: torch.device) -> TestedNetwork:
        """The network of a checkpoint, ready to be run on `device`."""
        model = checkpoint.build(device).to(memory_format=torch.channels_last).requires_grad_(False)
        return cls(
            model,
            checkpoint.network,
            with_code(checkpoint.weights_hash, type(model)),
            checkpoint.transform,
            checkpoint.objective,
            checkpoint.seed,
            origin=origin_of(checkpoint.training),
        )

    @property
    def head(self) -> Head | None:
        """The last linear layer, or None where the model has none."""
        layer = self.model.classifier if isinstance(self.model, Classifier | AdaptedClassifier) else None
        if layer is None:
            return None
        weight = _float64(head_weight(layer))
        bias = np.zeros(len(weight)) if layer.bias is None else _float64(layer.bias)
        return Head(weight, bias)


class NoNetwork(nn.Module):
    """Stands for the network where methods look at pixels alone: no classes, no features."""

    def forward(self, images: Tensor) -> NetworkOutput:
        """Logits and features `(N, 0)`."""
        nothing = images.new_zeros((len(images), 0))
        return NetworkOutput(nothing, nothing, None)


def no_network(transform: InputTransform) -> TestedNetwork:
    """What methods that need no network are run with; `transform` says how large they see the images."""
    return TestedNetwork(NoNetwork(), NO_NETWORK, NO_NETWORK, transform, NO_NETWORK, None)


def ensemble_of(members: Sequence[TestedNetwork]) -> TestedNetwork:
    """The networks as one, whose logits are the logarithm of their mean softmax."""
    first = members[0]
    digest = content_key([member.weights_hash for member in members])
    origin = content_key([member.origin for member in members]) if all(member.origin for member in members) else ""
    return replace(first, model=NoNetwork(), weights_hash=digest, seed=None, members=tuple(members), origin=origin)


def origin_of(training: Mapping[str, Any]) -> str:
    """The `origin` of a network with the plan, and maybe the log, of its training; empty for one from elsewhere."""
    plan = plan_of(training)
    return content_key(plan) if "recipe" in plan else ""


def with_code(weights_hash: str, architecture: type) -> str:
    """What stands for a network in content keys: its weights, and the code of an architecture that a plugin brings."""
    code = code_of(architecture)
    return content_key([weights_hash, code]) if code else weights_hash


def _float64(tensor: Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return tensor.detach().to("cpu", torch.float64).numpy()
