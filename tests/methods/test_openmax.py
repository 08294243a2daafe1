"""OpenMax."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.fitting import blocks
from bench.fitting.data import FitData
from bench.method_contract import METHODS
from bench.metrics import auroc
from tests.methods.oracles.openmax import scores

METHOD = METHODS.get("openmax")


def some_wrong(data: FitData) -> FitData:
    """The data with every seventh label moved on, so that these images are not correctly classified."""
    labels = np.where(np.arange(len(data.labels)) % 7 == 0, (data.labels + 1) % 5, data.labels)
    return FitData(None, replace(data.train, labels=labels))


@pytest.mark.parametrize("distance", ["eucos", "euclidean", "cosine"])
@pytest.mark.parametrize(("tail", "alpha"), [(20, 10), (5, 3), (1000, 1)])
def test_it_is_the_papers_algorithm(case: Any, distance: str, tail: int, alpha: int) -> None:
    for data in (case.data, some_wrong(case.data)):
        method = METHOD(tail=tail, alpha=alpha, distance=distance).fit(data)
        for outputs in (case.id, case.ood):
            assert method.score(outputs) == pytest.approx(scores(method, data, outputs), rel=1e-7, abs=1e-9)


def test_outliers_score_lower(case: Any) -> None:
    method = METHOD().fit(case.data)
    assert auroc(method.score(case.id), method.score(case.ood)) > 0.95


def test_the_score_orders_as_the_probability_of_the_unknown_class_and_pytorch_oods_does(case: Any) -> None:
    peer = pytest.importorskip("pytorch_ood.detector").OpenMax(None, tailsize=20, alpha=3, euclid_weight=1.0)
    assert case.data.train.correct.all()
    peer.fit_logits(torch.from_numpy(case.data.train.logits), torch.from_numpy(case.data.labels))
    method = METHOD(alpha=3, distance="euclidean").fit(case.data)
    logits = np.concatenate([case.id.logits, case.ood.logits])
    unknown = peer.predict_logits(torch.from_numpy(logits)).numpy()
    assert spearmanr(method.score(Outputs(logits, logits)), -unknown).statistic > 0.999


def test_an_absent_class_takes_no_part_but_to_be_unknown(case: Any) -> None:
    chosen = np.flatnonzero(case.data.labels != 2)
    data = FitData(None, case.data.train.take(chosen))
    method = METHOD().fit(data)
    assert np.isnan(method.means_[2]).all()
    for outputs in (case.id, case.ood):
        found = method.score(outputs)
        assert np.isfinite(found).all()
        assert found == pytest.approx(scores(method, data, outputs), rel=1e-7, abs=1e-9)
    own = case.id.labels == 2
    assert (
        auroc(method.score(case.id.take(np.flatnonzero(~own))), method.score(case.id.take(np.flatnonzero(own)))) > 0.95
    )


def test_classes_with_one_training_image(case: Any) -> None:
    data = FitData(
        None, case.data.train.take(np.array([int(np.flatnonzero(case.data.labels == c)[0]) for c in range(5)]))
    )
    found = METHOD().fit(data).score(case.id)
    assert np.isfinite(found).all()


def test_extreme_logits_and_two_classes() -> None:
    stream = np.random.default_rng(0)
    labels = np.arange(60) % 2
    for size in (1e-3, 1e4):
        logits = (stream.normal(0, 0.1, (60, 2)) * size).astype(np.float32)
        logits[np.arange(60), labels] += size
        for distance in ("eucos", "euclidean"):
            method = METHOD(distance=distance).fit(FitData(None, Outputs(logits, logits, None, labels)))
            found = method.score(Outputs(-logits, logits))
            assert np.isfinite(found).all()


def test_blocks_make_no_difference(case: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = METHOD().fit(case.data).score(case.id)
    monkeypatch.setattr(blocks, "BLOCK_ELEMENTS", 50)
    assert np.array_equal(METHOD().fit(case.data).score(case.id), expected)


def test_each_parameter_changes_the_scores(case: Any) -> None:
    tried = [
        METHOD(tail=tail, alpha=alpha, distance=distance).fit(case.data).score(case.id).tobytes()
        for tail in METHOD.search["tail"]
        for alpha in METHOD.search["alpha"]
        for distance in METHOD.search["distance"]
    ]
    assert len(set(tried)) == len(tried) == 12


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"tail": 1}, "openmax: tail must be at least 2 and alpha at least 1, got 1 and 10"),
        ({"alpha": 0}, "openmax: tail must be at least 2 and alpha at least 1, got 20 and 0"),
        ({"distance": "x"}, "openmax: distance must be 'eucos', 'euclidean' or 'cosine', got 'x'"),
    ],
)
def test_refusals(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(BenchError, match=message):
        METHOD(**parameters)
