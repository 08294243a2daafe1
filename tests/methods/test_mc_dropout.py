"""Dropout before the last layer against passes written out, and against pytorch-ood's."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from bench.errors import BenchError
from bench.method_contract import METHODS
from bench.metrics import auroc
from bench.seeds import derived_seed
from tests.methods.conftest import Case
from tests.methods.oracles.mc_dropout import scores

MCDropout = METHODS.get("mc-dropout")


@pytest.mark.parametrize("measure", ["max-probability", "entropy"])
@pytest.mark.parametrize(("p", "passes"), [(0.5, 7), (0.25, 30)])
def test_the_score_is_the_oracles(case: Case, measure: str, p: float, passes: int) -> None:
    method = MCDropout(measure=measure, p=p, passes=passes).fit(case.data)
    for outputs in (case.id, case.ood):
        assert method.score(outputs) == pytest.approx(scores(method, case.data, outputs), rel=1e-9)
    assert auroc(method.score(case.id), method.score(case.ood)) > 0.95


class GivenDropout(nn.Module):
    """Dropout whose masks are given, one for each call."""

    def __init__(self, p: float, masks: list[Tensor]) -> None:
        super().__init__()
        self.p, self.masks = p, masks

    def forward(self, features: Tensor) -> Tensor:
        return features * self.masks.pop(0) / (1 - self.p)


@pytest.mark.parametrize("p", [0.3, 0.5])
def test_it_is_pytorch_oods_with_the_same_masks(case: Case, p: float) -> None:
    mcd = pytest.importorskip("pytorch_ood.detector").MCD
    streams = [np.random.default_rng(derived_seed(3, "mc-dropout", one)) for one in range(50)]
    masks = [torch.from_numpy(stream.random(16) >= p) for stream in streams]
    head = nn.Linear(16, 5).double()
    head.weight.data, head.bias.data = torch.from_numpy(case.data.head.weight), torch.from_numpy(case.data.head.bias)
    model, features = nn.Sequential(GivenDropout(p, masks), head).eval(), torch.from_numpy(case.id.features).double()
    theirs, _ = mcd.run(model, features, 50)
    ours = MCDropout(p=p, passes=50, seed=3).fit(case.data).score(case.id)
    assert np.exp(ours) == pytest.approx(theirs.numpy(), rel=1e-9)


def test_every_parameter_changes_the_scores(case: Case) -> None:
    changes: list[dict[str, Any]] = [{}, {"p": 0.4}, {"passes": 99}, {"measure": "entropy"}, {"seed": 1}]
    found = [tuple(MCDropout(**one).fit(case.data).score(case.id)) for one in changes]
    assert len(set(found)) == len(changes)


def test_certainties_that_round_to_one_keep_their_order(case: Case) -> None:
    sure = replace(case.id, features=np.linspace(1, 60, 60, dtype=np.float32)[:, None] * case.id.features[:1])
    assert (np.diff(MCDropout(p=0.1, passes=10).fit(case.data).score(sure)) > 0).all()
    huge = replace(case.id, features=1e4 * case.id.features)
    assert np.isfinite(MCDropout().fit(case.data).score(huge)).all()


@pytest.mark.parametrize(("name", "value"), [("p", 0.0), ("p", 1.0), ("passes", 0), ("measure", "variance")])
def test_values_that_make_no_sense_are_refused(name: str, value: float | str) -> None:
    with pytest.raises(BenchError, match=f"mc-dropout: {name} must be"):
        MCDropout.make({name: value})
