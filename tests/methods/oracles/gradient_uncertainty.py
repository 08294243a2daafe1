"""Gradient uncertainty by one backward pass per image into a float64 copy of the network's parameters."""

from typing import Any

import torch

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData
from tests.methods.raw_maps import network_and_input


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    del data
    network, images = network_and_input(outputs)
    part = network if method.layers == "all" else network.classifier
    parameters = list(part.requires_grad_(True).parameters())
    found = []
    for image in images:
        loss = -torch.log(network(image[None]).logits.softmax(1)).sum()
        found.append(sum(float(one.square().sum()) for one in torch.autograd.grad(loss, parameters)))
    return found
