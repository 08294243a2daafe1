"""Mahalanobis distance to the nearest class mean, and that relative to the background."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.fitting.data import Facts, FitData
from bench.method_contract import METHODS
from bench.metrics import auroc
from tests.methods.cases import oracle

NAMES = ("mahalanobis", "relative-mahalanobis")
each = pytest.mark.parametrize("name", NAMES)


def everything(case: Any) -> Outputs:
    logits, features = (np.concatenate([getattr(case.id, n), getattr(case.ood, n)]) for n in ("logits", "features"))
    return Outputs(logits, features)


@each
def test_it_is_the_definition(name: str, case: Any) -> None:
    method = METHODS.get(name)().fit(case.data)
    for outputs in (case.id, case.ood):
        assert method.score(outputs) == pytest.approx(oracle(name, method, case.data, outputs), rel=1e-9)
    assert auroc(method.score(case.id), method.score(case.ood)) > 0.95


@pytest.mark.parametrize(("name", "peer"), [("mahalanobis", "Mahalanobis"), ("relative-mahalanobis", "RMD")])
def test_it_is_pytorch_oods(name: str, peer: str, case: Any) -> None:
    theirs = getattr(pytest.importorskip("pytorch_ood.detector"), peer)(None)
    theirs.fit_features(torch.from_numpy(case.data.features), torch.from_numpy(case.data.labels))
    outputs = everything(case)
    expected = -theirs.predict_features(torch.from_numpy(outputs.features)).numpy()
    found = METHODS.get(name)().fit(case.data).score(outputs)
    assert spearmanr(found, expected).statistic > 0.9999
    halves = 2 if name == "mahalanobis" else 1
    assert found == pytest.approx(halves * len(case.data.train) * expected, rel=1e-3)


@each
def test_silent_features_count_for_nothing(name: str, case: Any) -> None:
    silent = np.zeros((len(case.data.train), 2), np.float32)
    wider = replace(case.data.train, features=np.concatenate([silent, case.data.features], axis=1))
    loud = np.random.default_rng(0).normal(0, 9, (len(case.id), 2)).astype(np.float32)
    tested = replace(case.id, features=np.concatenate([loud, case.id.features], axis=1))
    expected = METHODS.get(name)().fit(case.data).score(case.id)
    assert METHODS.get(name)().fit(FitData(None, wider)).score(tested) == pytest.approx(expected, rel=1e-9)


@each
def test_it_is_the_same_in_any_coordinates(name: str, case: Any) -> None:
    stream = np.random.default_rng(0)
    mixed = stream.normal(0, 1, (16, 16)), stream.normal(0, 9, 16)
    turned = [outputs.features.astype(np.float64) @ mixed[0] + mixed[1] for outputs in (case.data.train, case.id)]
    data = FitData(None, replace(case.data.train, features=turned[0]))
    expected = METHODS.get(name)().fit(case.data).score(case.id)
    assert METHODS.get(name)().fit(data).score(replace(case.id, features=turned[1])) == pytest.approx(
        expected, rel=1e-8
    )


@each
def test_an_absent_class_is_left_out(name: str, case: Any) -> None:
    data = FitData(None, case.data.train.take(np.flatnonzero(case.data.labels != 2)))
    method = METHODS.get(name)().fit(data)
    assert len(method.classes_.means) == 4
    assert method.score(case.id) == pytest.approx(oracle(name, method, data, case.id), rel=1e-9)


def test_both_share_the_means_the_whitening_and_the_distances(case: Any) -> None:
    one, other = (METHODS.get(name)().fit(case.data) for name in NAMES)
    assert one.classes_ is other.classes_
    assert one.classes_.nearest(case.id) is other.classes_.nearest(case.id)


@each
def test_images_that_say_nothing_of_a_spread_are_refused(name: str) -> None:
    with pytest.raises(BenchError, match=f"{name} needs a class with at least two training images"):
        METHODS.get(name)().check(Facts(3, 4, np.array([1, 0, 1])))
    METHODS.get(name)().check(Facts(3, 4, np.array([1, 0, 2])))
