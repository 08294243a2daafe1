"""The neural relation graph."""

from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData
from bench.method_contract import METHODS
from bench.metrics import auroc
from tests.methods.oracles.relation import scores

METHOD = METHODS.get("relation")


@pytest.mark.parametrize(("power", "threshold"), [(1, 0.03), (4, 0.03), (8, 0.0), (2, 0.4)])
def test_it_is_the_definition(case: Any, power: int, threshold: float) -> None:
    method = METHOD(power=power, threshold=threshold).fit(case.data)
    for outputs in (case.id, case.ood):
        assert method.score(outputs) == pytest.approx(scores(method, case.data, outputs), rel=1e-6)


def test_outliers_are_related_less(case: Any) -> None:
    method = METHOD().fit(case.data)
    assert auroc(method.score(case.id), method.score(case.ood)) > 0.95


def doubtful(seed: int, count: int) -> Outputs:
    """Images of 7 classes whose predictions are anything from sure to undecided, and whose features have all signs."""
    stream = np.random.default_rng(seed)
    sizes = 10 ** stream.uniform(-2, 2, (count, 1))
    labels = stream.integers(0, 7, count)
    logits, features = stream.normal(0, 1, (count, 7)) * sizes, stream.normal(0, 1, (count, 6))
    return Outputs(logits.astype(np.float32), features.astype(np.float32), None, labels)


def test_what_is_passed_over_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    module = import_module("bench.methods.relation")
    monkeypatch.setattr(module, "TILE", 16)
    monkeypatch.setattr(module, "ROWS", 11)
    data, tested = FitData(None, doubtful(0, 300)), doubtful(1, 40)
    for threshold in (0.0, 0.03, 0.3):
        method = METHOD(threshold=threshold).fit(data)
        expected = scores(method, data, tested)
        assert min(expected) >= 0
        assert method.score(tested) == pytest.approx(expected, rel=1e-6)


def test_tiles_without_a_relation_are_passed_over(case: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    module = import_module("bench.methods.relation")
    monkeypatch.setattr(module, "TILE", 16)
    sure = replace(case.data.train, logits=100 * np.eye(5, dtype=np.float32)[case.data.labels])
    method = METHOD().fit(FitData(None, sure))
    ceilings = method.graph_.ceilings
    assert np.sort(ceilings.sum(1)).tolist() == [1.0] * len(ceilings), "80 images of each class are 5 tiles each"


def test_images_without_a_relation_have_none(case: Any) -> None:
    nothing = replace(case.id, features=np.zeros_like(case.id.features))
    assert METHOD().fit(case.data).score(nothing).tolist() == [0.0] * len(nothing)
    assert METHOD().fit(case.data).score(case.id.take(slice(0, 0))).shape == (0,)


@pytest.mark.parametrize("parameters", [{"power": 0}, {"threshold": -0.1}])
def test_values_without_meaning_are_refused(parameters: Any) -> None:
    with pytest.raises(BenchError, match="relation: power must be at least 1 and threshold 0, got"):
        METHOD(**parameters)
