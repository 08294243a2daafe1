"""Temperature scaling."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from bench.errors import BenchError
from bench.fitting.data import FitData
from bench.logits import log_max_softmax
from bench.method_contract import METHODS
from bench.metrics import auroc
from tests.methods.oracles.temperature_scaling import scores

METHOD = METHODS.get("temperature-scaling")


def mislabelled(case: Any, every: int) -> FitData:
    """The case with one wrong label in `every`, so that the likelihood has a maximum."""
    labels = case.data.labels.copy()
    labels[::every] = (labels[::every] + 1) % 5
    return FitData(given_train=replace(case.data.train, labels=labels))


@pytest.mark.parametrize(("every", "range_of_t"), [(2, (2, 6)), (10, (1, 2)), (200, (0.3, 1))])
def test_it_is_the_likeliest_temperature(case: Any, every: int, range_of_t: tuple[float, float]) -> None:
    data = mislabelled(case, every)
    method = METHOD().fit(data)
    assert range_of_t[0] < method.temperature_ < range_of_t[1]
    for outputs in (case.id, case.ood):
        assert method.score(outputs) == pytest.approx(scores(method, data, outputs), rel=1e-6)
    assert auroc(method.score(case.id), method.score(case.ood)) > 0.95


def test_where_every_image_is_right_or_nothing_fits_it_stops_at_the_limit(case: Any) -> None:
    assert METHOD().fit(case.data).temperature_ == 0.1
    assert METHOD(limit=31.0).fit(case.data).temperature_ == 1 / 31
    assert METHOD().fit(mislabelled(case, 1)).temperature_ == 10
    method = METHOD(limit=1.5).fit(case.data)
    assert np.array_equal(method.score(case.id), log_max_softmax(case.id.logits, 1 / 1.5))


def test_it_is_what_pytorch_oods_arrives_at_when_it_fits_again_and_again(case: Any) -> None:
    data = mislabelled(case, 8)
    method = METHOD().fit(data)
    peer = pytest.importorskip("pytorch_ood.detector").TemperatureScaling(None)
    temperatures = []
    for _ in range(40):
        peer.fit_logits(torch.from_numpy(data.train.logits), torch.from_numpy(data.labels))
        temperatures.append(peer.t.item())
    assert temperatures[0] < 0.7 * method.temperature_, "one fit stops short"
    assert temperatures[-1] == pytest.approx(method.temperature_, rel=0.01)
    theirs = -peer.predict_logits(torch.from_numpy(case.ood.logits)).detach().numpy()
    assert np.exp(method.score(case.ood)) == pytest.approx(theirs, abs=0.003)


@pytest.mark.parametrize("limit", [1.0, 0.0, float("nan")])
def test_a_limit_that_makes_no_sense_is_refused(limit: float) -> None:
    with pytest.raises(BenchError, match="temperature-scaling: limit must be above 1"):
        METHOD(limit=limit)
