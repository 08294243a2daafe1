"""For every method a case that it can be fitted on and scored with: made features, made pixels, or a real pass."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module

import numpy as np
import torch
from numpy.typing import NDArray

from bench.extraction.extract import extract
from bench.extraction.outputs import Outputs
from bench.extraction.probe import Probe
from bench.extraction.view import CLEAN, View
from bench.fitting.data import FitData, Head
from bench.method_contract import Method
from bench.networks.classifier import Classifier, build_network
from bench.running.extraction import seen_by, wanted_by
from tests.methods.conftest import CLASSES, LAYER_TRANSFORM, Raw, layer_network, make
from tests.methods.pixel_case import pixel_case

CPU = torch.device("cpu")


@dataclass(frozen=True)
class Made:
    """What a method is fitted on, and what the fitted method is given of ID and of OOD images."""

    data: FitData
    id: Outputs
    ood: Outputs


def made_for(method: Method, seed: int = 0) -> Made:
    """The case of `method`, which is fitted on it; another seed gives other training data where data are made."""
    if method.objective is None:
        found = pixel_case(method)
        return Made(found.data, found.id, found.ood)
    if needs_a_pass(method):
        return passed(method, seed)
    case = make(seed)
    method.fit(case.data)
    return Made(case.data, replace(case.id, labels=None), replace(case.ood, labels=None))


def needs_a_pass(method: Method) -> bool:
    """Whether the method asks for more than logits, features and confidence of images as they are."""
    asks = bool(method.fit_probes()) or type(method).probes is not Method.probes
    return asks or bool({"gradients", "stages"} & method.needs)


def passed(method: Method, seed: int = 0) -> Made:
    """A real network's pass over real arrays, half of the training images for another seed."""
    network, images = network_for(method), layer_network()[1]

    def seen(name: str, wanted: Mapping[View, Sequence[Probe]]) -> Mapping[View, Outputs]:
        return extract(network, images[name], LAYER_TRANSFORM, list(wanted), device=CPU, probes=wanted)

    weight, bias = (value.detach().double().numpy() for value in network.classifier.parameters())
    raw = Raw(network)
    shown = seen("train", {CLEAN: (*method.fit_probes(), raw), **dict.fromkeys(method.fit_views(), ())})
    train = replace(shown[CLEAN], beside={view: shown[view] for view in method.fit_views()})
    data = FitData(Head(weight, bias), train.take(slice(None, None, 1 + seed)))
    method.fit(data)
    wanted = {view: (*probes, raw) for view, probes in wanted_by([method]).items()}
    return Made(data, seen_by(method, seen("id", wanted)), seen_by(method, seen("ood", wanted)))


def network_for(method: Method) -> Classifier:
    """The network that the method's pass goes through."""
    return branched() if "confidence" in method.needs else layer_network()[0]


@cache
def branched() -> Classifier:
    """The layers' network with a confidence branch that trusts what looks like its training images."""
    trained, images = layer_network()
    network = build_network("convnet", CLASSES, channels=1, confidence_branch=True).requires_grad_(False)
    network.load_state_dict(trained.state_dict(), strict=False)
    assert network.confidence is not None
    with torch.no_grad():
        means = [network.eval()(LAYER_TRANSFORM(images[name].pixels)).features.mean(0) for name in ("train", "ood")]
        direction = means[0] - means[1]
        network.confidence.weight.copy_(3 * direction[None] / direction.square().sum())
        network.confidence.bias.copy_(-(network.confidence.weight @ (means[0] + means[1])) / 2)
    return network


def oracle(name: str, method: Method, data: FitData, outputs: Outputs) -> NDArray[np.float64]:
    """What the paper's equation gives, slowly: the function `scores` of the method's file in `oracles/`."""
    module = import_module(f"tests.methods.oracles.{name.replace('-', '_')}")
    return np.asarray(module.scores(method, data, outputs), np.float64)
