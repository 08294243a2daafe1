"""What the tests of networks share."""

from typing import cast

import pytest
import torch
from torch import Tensor

from bench.networks.classifier import NETWORKS, Classifier, build_network


@pytest.fixture(scope="module", params=NETWORKS.names())
def lively(request: pytest.FixtureRequest) -> Classifier:
    """The network in float64 and eval mode, with statistics and scales that hide no mistake (not 0 and 1)."""
    built = build_network(request.param, 7, confidence_branch=True, seed=3).double().eval()
    generator = torch.Generator().manual_seed(0)
    for module in built.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for values, low, high in (
                (module.weight.data, 0.5, 1.5),
                (module.bias.data, -0.3, 0.3),
                (cast(Tensor, module.running_mean), -0.2, 0.2),
                (cast(Tensor, module.running_var), 0.5, 1.5),
            ):
                values.uniform_(low, high, generator=generator)
    return built
