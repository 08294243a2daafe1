"""KL matching."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from bench.extraction.outputs import Outputs
from bench.fitting import blocks as blocks_module
from bench.fitting.data import FitData
from bench.method_contract import METHODS
from bench.metrics import auroc
from tests.methods.oracles.kl_matching import scores

METHOD = METHODS.get("kl-matching")


def of_logits(logits: NDArray[Any]) -> Outputs:
    small = logits.astype(np.float32)
    return Outputs(small, small, labels=small.argmax(1))


def test_it_is_the_papers_formula(case: Any) -> None:
    method = METHOD().fit(case.data)
    for outputs in (case.id, case.ood):
        assert method.score(outputs) == pytest.approx(scores(method, case.data, outputs), rel=1e-9, abs=1e-13)
    assert auroc(method.score(case.id), method.score(case.ood)) > 0.95


def test_it_is_pytorch_oods_with_the_sign_turned(case: Any) -> None:
    peer = pytest.importorskip("pytorch_ood.detector").KLMatching(None)
    peer.fit_logits(torch.from_numpy(case.data.train.logits))
    theirs = -peer.predict_logits(torch.from_numpy(case.ood.logits)).numpy()
    assert METHOD().fit(case.data).score(case.ood) == pytest.approx(theirs, abs=1e-5)


def test_templates_are_by_prediction_and_labels_do_not_count(case: Any) -> None:
    shuffled = FitData(given_train=replace(case.data.train, labels=np.roll(case.data.labels, 1)))
    assert np.array_equal(METHOD().fit(shuffled).score(case.id), METHOD().fit(case.data).score(case.id))


def test_a_class_that_is_never_predicted_has_no_template(case: Any) -> None:
    kept = case.data.train.take(np.flatnonzero(case.data.train.predictions != 2))
    data = FitData(given_train=kept)
    method = METHOD().fit(data)
    assert method.log_templates_.shape == (4, 5)
    assert method.score(case.id) == pytest.approx(scores(method, data, case.id), rel=1e-9, abs=1e-13)


def test_blocks_of_training_images_are_joined(case: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = METHOD().fit(FitData(given_train=case.data.train)).log_templates_
    monkeypatch.setattr(blocks_module, "BLOCK_ELEMENTS", 20 * 7)
    parts = METHOD().fit(FitData(given_train=case.data.train)).log_templates_
    assert parts == pytest.approx(whole, rel=1e-12)


def test_probabilities_below_the_smallest_double_still_count() -> None:
    train, shown = of_logits(np.array([[1e4, -1e4], [-1e4, 1e4]])), of_logits(np.array([[1.0, 0.0], [1e4, -1e4]]))
    p = 1 / (1 + np.exp(-1.0))
    expected = [(1 - p) * -2e4 - (p * np.log(p) + (1 - p) * np.log(1 - p)), 0]
    assert METHOD().fit(FitData(given_train=train)).score(shown) == pytest.approx(expected, rel=1e-12)
