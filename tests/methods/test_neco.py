"""NECO."""

from typing import Any

import numpy as np
import pytest

from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData
from bench.method_contract import METHODS
from bench.metrics import auroc
from tests.methods.oracles.neco import scores

METHOD = METHODS.get("neco")


@pytest.mark.parametrize("dim", [0, 1, 7, 15])
@pytest.mark.parametrize("max_logit", [False, True])
@pytest.mark.parametrize("standardize", [False, True])
def test_it_is_what_the_authors_compute(case: Any, dim: int, max_logit: bool, standardize: bool) -> None:
    method = METHOD(dim=dim, max_logit=max_logit, standardize=standardize).fit(case.data)
    for outputs in (case.id, case.ood):
        assert method.score(outputs) == pytest.approx(scores(method, case.data, outputs), rel=1e-9)


def test_outliers_score_lower(case: Any) -> None:
    method = METHOD().fit(case.data)
    assert auroc(method.score(case.id), method.score(case.ood)) > 0.95
    assert method.score(case.id).max() <= 1


@pytest.mark.parametrize(
    ("features", "classes", "dim"), [(64, 10, 9), (64, 100, 32), (512, 10, 100), (200, 2, 100), (4, 2, 1)]
)
def test_the_default_dimension(features: int, classes: int, dim: int) -> None:
    stream = np.random.default_rng(0)
    rows = stream.normal(0, 1, (220, features)).astype(np.float32)
    logits = stream.normal(0, 1, (220, classes)).astype(np.float32)
    data = FitData(None, Outputs(logits, rows, None, np.arange(220) % classes))
    by_default, by_number = METHOD().fit(data), METHOD(dim=dim).fit(data)
    assert np.array_equal(by_default.score(data.train), by_number.score(data.train))


def test_a_feature_that_never_varies_and_an_image_at_the_mean(case: Any) -> None:
    train = case.data.features.copy()
    train[:, 3] = 2
    data = FitData(None, Outputs(case.data.train.logits, train, None, case.data.labels))
    method = METHOD().fit(data)
    shown = np.stack([method.mean_, method.mean_ + 1]).astype(np.float32)
    shown[0] = method.mean_.astype(np.float32)
    assert np.isfinite(method.score(Outputs(case.id.logits[:2], shown))).all()


def test_each_parameter_changes_the_scores(case: Any) -> None:
    tried: list[dict[str, Any]] = [{}, {"dim": 3}, {"dim": 5}, {"max_logit": True}, {"standardize": False}]
    assert len({METHOD(**parameters).fit(case.data).score(case.id).tobytes() for parameters in tried}) == 5


def test_refusals(case: Any) -> None:
    with pytest.raises(BenchError, match="neco: dim must be at least 0, got -1"):
        METHOD(dim=-1)
    with pytest.raises(BenchError, match="dim must be below the number of features, 16, got 16"):
        METHOD(dim=16).check(case.facts)
    METHOD(dim=15).check(case.facts)
