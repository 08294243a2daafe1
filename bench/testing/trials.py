"""A method fitted on the tiny images, and what it scores: the way of the engine, without its store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import nn

from bench.data.images import ArrayImages
from bench.extraction.extract import extract
from bench.extraction.options import PassOptions
from bench.extraction.outputs import Outputs
from bench.extraction.probe import Probe
from bench.extraction.view import CLEAN, View
from bench.fitting.data import FitData, Head
from bench.method_contract import Method
from bench.networks.classifier import Classifier
from bench.running.extraction import Found, seen_by, wanted_by
from bench.running.network import NoNetwork
from bench.shared import Shared

from .tiny_images import tiny_images
from .tiny_network import TRANSFORM, tiny_network

Wanted = Mapping[View, Sequence[Probe]]

CPU = torch.device("cpu")


@dataclass(frozen=True)
class Trial:
    """A fitted method, what it was fitted on, and the outputs of ID, OOD and blank images for it to score."""

    method: Method
    data: FitData
    id: Outputs
    ood: Outputs
    blank: Outputs


class Trials:
    """Makes trials. Outputs are computed once for equal views and probes, and every trial has copies of its own."""

    def __init__(self) -> None:
        self._found: dict[Any, Found] = {}

    def __call__(self, method: Method, *, train: slice = slice(None), count: int | None = None) -> Trial:
        """A trial of `method`, which is fitted on the chosen training images; `count` limits the images scored."""
        data = self.data_for(method, train)
        method.fit(data)
        wanted = wanted_by([method])
        shown = (seen_by(method, self._passed(method, name, wanted)) for name in ("id", "ood", "blank"))
        return Trial(method, data, *(copied(one.take(slice(0, count))) for one in shown))

    def data_for(self, method: Method, train: slice = slice(None)) -> FitData:
        """What the engine would give to `fit`: the last layer, and the training images' outputs where it needs them."""
        head = head_of(network_for(method))
        if "training" not in method.needs:
            return FitData(head)
        wanted = {CLEAN: tuple(method.fit_probes()), **dict.fromkeys(method.fit_views(), ())}
        found = self._passed(method, "train", wanted)
        seen = replace(found[CLEAN], beside={view: found[view] for view in method.fit_views()})
        return FitData(head, copied(seen.take(train)))

    def _passed(self, method: Method, name: str, wanted: Wanted) -> Found:
        key = (name, "confidence" in method.needs, method.objective is None, tuple(wanted.items()))
        try:
            known = self._found.get(key)
        except TypeError:  # a probe that cannot be hashed; a check of its own says so
            return passed(method, name, wanted)
        if known is None:
            known = self._found[key] = passed(method, name, wanted)
        return known


def passed(method: Method, name: str, wanted: Wanted, *, batch_size: int = 256) -> Found:
    """What a network of the method's own says of the images called `name`."""
    options = PassOptions(batch_size=batch_size)
    images = tiny_images()[name]
    return extract(network_for(method), images, TRANSFORM, list(wanted), device=CPU, probes=wanted, options=options)


def part_of(name: str, places: Sequence[int]) -> ArrayImages:
    """Some of the images called `name`."""
    images = tiny_images()[name]
    return ArrayImages(images.pixels[list(places)])


def network_for(method: Method) -> nn.Module:
    """The network that the engine would show images to: none for a method that looks at pixels alone."""
    return NoNetwork() if method.objective is None else tiny_network(confidence_branch="confidence" in method.needs)


def head_of(network: nn.Module) -> Head | None:
    """The last layer; None where there is no network."""
    if not isinstance(network, Classifier):
        return None
    layer = network.classifier
    return Head(*(value.detach().double().numpy().copy() for value in (layer.weight, layer.bias)))


def copied(outputs: Outputs) -> Outputs:
    """The same outputs in arrays of their own, with nothing shared."""

    def own(array: Any) -> Any:
        return None if array is None else np.array(array)

    return Outputs(
        own(outputs.logits),
        own(outputs.features),
        own(outputs.confidence_logit),
        own(outputs.labels),
        {probe: own(array) for probe, array in outputs.probed.items()},
        {view: copied(one) for view, one in outputs.beside.items()},
        shared=Shared(),
    )
