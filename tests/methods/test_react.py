"""ReAct, on features and on maps."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from bench.errors import BenchError
from bench.method_contract import METHODS
from bench.metrics import auroc
from tests.methods.last_maps import fit_data, last_maps, passed
from tests.methods.oracles.react import scores

METHOD = METHODS.get("react")


def linear(head: Any) -> nn.Linear:
    layer = nn.Linear(*head.weight.T.shape).double()
    layer.weight.data, layer.bias.data = torch.from_numpy(head.weight), torch.from_numpy(head.bias)
    return layer.requires_grad_(False)


@pytest.mark.parametrize("percentile", [0.0, 50.0, 90.0, 100.0])
def test_it_is_the_papers_formula(case: Any, percentile: float) -> None:
    method = METHOD(percentile=percentile).fit(case.data)
    for outputs in (case.id, case.ood):
        assert method.score(outputs) == pytest.approx(scores(method, case.data, outputs), rel=1e-12)


def test_outliers_score_lower(case: Any) -> None:
    method = METHOD().fit(case.data)
    assert auroc(method.score(case.id), method.score(case.ood)) > 0.95


@pytest.mark.parametrize("percentile", [75.0, 90.0])
def test_it_is_pytorch_oods_on_maps_of_one_position(case: Any, percentile: float) -> None:
    peers = pytest.importorskip("pytorch_ood.detector")
    layer = linear(case.data.head)
    peer = peers.ReAct(lambda x: x, lambda x: layer(x.flatten(1).double()), percentile=percentile / 100)
    peer.fit_feature_maps(torch.from_numpy(case.data.features)[..., None, None], torch.from_numpy(case.data.labels))
    method = METHOD(percentile=percentile).fit(case.data)
    assert method.threshold_ == pytest.approx(peer.threshold, rel=1e-6)
    for outputs in (case.id, case.ood):
        theirs = -peer.predict_feature_maps(torch.from_numpy(outputs.features)[..., None, None]).numpy()
        assert method.score(outputs) == pytest.approx(theirs, rel=1e-6)


def test_clipped_maps_are_pytorch_oods_at_the_same_threshold() -> None:
    peers = pytest.importorskip("pytorch_ood.detector")
    method = METHOD(spatial=True)
    data = fit_data(method.fit_probes())
    method.fit(data)
    layer = linear(data.head)
    peer = peers.ReAct(lambda x: x, lambda x: layer(x.mean((2, 3)).double()), threshold=method.threshold_)
    expected = -peer.predict_feature_maps(last_maps()).numpy()
    assert method.score(passed(method.probes())) == pytest.approx(expected, rel=1e-5)
    assert not np.allclose(METHOD().fit(data).score(data.train), expected, rtol=1e-3)


def test_the_sample_of_the_maps_has_every_channel_and_all_positions() -> None:
    method = METHOD(spatial=True)
    [probe] = method.fit_probes()
    data, maps = fit_data(method.fit_probes()), last_maps().flatten(2)
    sample = data.train.probed[probe]
    distances = (maps - torch.from_numpy(sample)[..., None]).abs().sum(0)
    assert sample.shape == maps.shape[:2]
    assert distances.min(1).values.max() < 1e-4
    assert set(distances.argmin(1).tolist()) == set(range(16))
    assert method.fit(data).threshold_ == pytest.approx(np.percentile(sample.astype(float), 90))
    assert method.threshold_ == pytest.approx(np.percentile(maps.numpy(), 90), rel=0.1)


def test_each_parameter_changes_the_scores(case: Any) -> None:
    values = METHOD.search["percentile"]
    assert len({METHOD(percentile=value).fit(case.data).score(case.id).tobytes() for value in values}) == len(values)


def test_refusals(case: Any) -> None:
    with pytest.raises(BenchError, match=r"react: percentile must be between 0 and 100, got 101\.0"):
        METHOD(percentile=101.0)
    flat = replace(case.facts, lacks={"stages": "which a vision transformer has not."})
    METHOD().check(flat)
    with pytest.raises(BenchError, match=r"react with spatial needs .*, which a vision transformer has not"):
        METHOD(spatial=True).check(flat)
