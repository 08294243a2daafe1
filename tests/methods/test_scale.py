"""SCALE and LTS."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.method_contract import METHODS
from bench.metrics import auroc
from tests.methods.oracles import lts, scale

ORACLES: dict[str, ModuleType] = {"scale": scale, "lts": lts}
both = pytest.mark.parametrize("name", ORACLES)


@both
@pytest.mark.parametrize("percentile", [0.0, 65.0, 85.0, 95.0, 99.5])
def test_it_is_the_papers_formula(case: Any, name: str, percentile: float) -> None:
    method = METHODS.get(name)(percentile=percentile).fit(case.data)
    for outputs in (case.id, case.ood):
        assert method.score(outputs) == pytest.approx(ORACLES[name].scores(method, case.data, outputs), rel=1e-12)


@both
def test_outliers_score_lower_when_more_than_two_of_sixteen_features_are_left(case: Any, name: str) -> None:
    method = METHODS.get(name)(percentile=65.0).fit(case.data)
    assert auroc(method.score(case.id), method.score(case.ood)) > 0.95


@pytest.mark.parametrize("percentile", [65.0, 85.0])
def test_scale_is_pytorch_oods_on_maps_of_one_position(case: Any, percentile: float) -> None:
    peers, data = pytest.importorskip("pytorch_ood.detector"), case.data
    peer = peers.SCALE(
        lambda x: x, lambda x: torch.from_numpy(data.head.logits(x.flatten(1).numpy())), percentile=percentile / 100
    )
    method = METHODS.get("scale")(percentile=percentile).fit(data)
    for outputs in (case.id, case.ood):
        theirs = -peer.predict_feature_maps(torch.from_numpy(outputs.features)[..., None, None]).numpy()
        assert method.score(outputs) == pytest.approx(theirs, rel=1e-5)


@pytest.mark.parametrize("percentile", [65.0, 95.0])
def test_lts_is_pytorch_oods_with_the_sign_turned(case: Any, percentile: float) -> None:
    peers, data = pytest.importorskip("pytorch_ood.detector"), case.data
    peer = peers.LTS(None, lambda x: torch.from_numpy(data.head.logits(x.numpy())), p=1 - percentile / 100)
    method = METHODS.get("lts")(percentile=percentile).fit(data)
    for outputs in (case.id, case.ood):
        theirs = -peer.predict_features(torch.from_numpy(outputs.features)).numpy()
        assert method.score(outputs) == pytest.approx(theirs, rel=1e-5)


@both
def test_extreme_images_give_finite_scores(case: Any, name: str) -> None:
    stream = np.random.default_rng(0)
    features = np.concatenate([np.zeros((1, 16)), np.ones((1, 16)), stream.normal(0, 1, (40, 16)), np.eye(16)])
    logits = stream.choice([-1e4, 0, 1e4], (len(features), 5))
    outputs = Outputs(logits.astype(np.float32), features.astype(np.float32))
    for percentile in (0.0, 99.5):
        assert np.isfinite(METHODS.get(name)(percentile=percentile).fit(case.data).score(outputs)).all()


@both
def test_each_parameter_changes_the_scores(case: Any, name: str) -> None:
    method = METHODS.get(name)
    tried = [{"percentile": value} for value in method.search["percentile"]]
    tried += [{"exponent": 1.0}, {"exponent": 3.0}] if name == "lts" else []
    assert len({method(**values).fit(case.data).score(case.id).tobytes() for values in tried}) == len(tried)


@both
def test_refusals(name: str) -> None:
    with pytest.raises(BenchError, match=rf"{name}: percentile must be between 0 and 99\.5, got 100\.0"):
        METHODS.get(name)(percentile=100.0)
    with pytest.raises(BenchError, match=r"lts: exponent must be at least 0, got -1\.0"):
        METHODS.get("lts")(exponent=-1.0)
