"""What oodeel computes too, on the same features.

It needs an older numpy than this project and brings a package named `tests`, so that it is no dependency of the tests:
put it and what it imports, without its `tests`, into a folder that PYTHONPATH names to run these.
"""

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from bench.extraction.outputs import Outputs
from bench.method_contract import METHODS
from tests.methods.conftest import Case


@pytest.mark.parametrize(
    ("name", "peer", "factor"),
    [
        ("max-logit", "MLS", 1),
        ("energy", "Energy", 1),
        ("entropy", "Entropy", 1),
        ("gen", "GEN", 1),
        ("mahalanobis", "Mahalanobis", 2),
        ("relative-mahalanobis", "RMDS", 2),
    ],
)
def test_it_is_oodeels_with_the_sign_turned_and_distances_halved(case: Case, name: str, peer: str, factor: int) -> None:
    methods = pytest.importorskip("oodeel.methods", exc_type=ImportError)
    head = nn.Linear(16, 5)
    head.weight.data = torch.from_numpy(case.data.head.weight).float()
    head.bias.data = torch.from_numpy(case.data.head.bias).float()
    detector = getattr(methods, peer)(**({"eps": 0} if factor == 2 else {}))
    detector.fit(nn.Sequential(nn.Identity(), head), batches(case.data.train), feature_layers_id=[0])
    method = METHODS.get(name)().fit(case.data)
    for outputs in (case.id, case.ood):
        theirs = -factor * np.asarray(detector.score(batches(outputs))[0], np.float64)
        assert method.score(outputs) == pytest.approx(theirs, rel=1e-4, abs=1e-4)


def batches(outputs: Outputs) -> DataLoader[tuple[torch.Tensor, ...]]:
    assert outputs.labels is not None
    rows = TensorDataset(torch.from_numpy(outputs.features), torch.from_numpy(outputs.labels))
    return DataLoader(rows, batch_size=50)
