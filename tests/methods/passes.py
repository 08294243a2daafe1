"""A small network and images for it, and all that a method asks of a pass over them."""

from dataclasses import replace

import numpy as np
import torch

from bench.data.images import ArrayImages
from bench.data.transform import InputTransform
from bench.extraction.extract import extract
from bench.extraction.outputs import Outputs
from bench.extraction.view import CLEAN
from bench.fitting.data import FitData, Head
from bench.method_contract import Method
from bench.networks.classifier import build_network

CPU = torch.device("cpu")
TRANSFORM = InputTransform(16, 16, 1, (0.4,), (0.2,))
NETWORK = build_network("convnet", 5, channels=1, seed=1).eval().requires_grad_(False)
PIXELS = np.random.default_rng(0).integers(0, 256, (40, 16, 16, 1), dtype=np.uint8)
with torch.no_grad():  # logits of some size
    NETWORK.classifier.weight *= 20


def fit_data(method: Method) -> FitData:
    """What `method` is fitted on, where the images are the training images, labelled as the network says."""
    wanted = {CLEAN: method.fit_probes(), **dict.fromkeys(method.fit_views(), ())}
    found = extract(NETWORK, ArrayImages(PIXELS), TRANSFORM, list(wanted), device=CPU, probes=wanted)
    train = replace(found[CLEAN], beside={view: found[view] for view in method.fit_views()})
    weight, bias = (value.detach().double().numpy() for value in NETWORK.classifier.parameters())
    return FitData(Head(weight, bias), replace(train, labels=np.arange(len(PIXELS)) % 5))


def shown(method: Method) -> Outputs:
    """What `method` scores."""
    views = [method.view(), *method.further_views()]
    wanted = {method.view(): method.probes()}
    found = extract(NETWORK, ArrayImages(PIXELS), TRANSFORM, views, device=CPU, probes=wanted)
    return replace(found[method.view()], beside={view: found[view] for view in method.further_views()})
