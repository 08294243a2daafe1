"""The pNML regret."""

from typing import Any

import numpy as np
import pytest
import torch

from bench.extraction.outputs import Outputs
from bench.fitting import blocks
from bench.fitting.data import FitData, Head
from bench.method_contract import METHODS
from bench.metrics import auroc
from tests.methods.oracles.pnml import scores

METHOD = METHODS.get("pnml")


def test_it_is_the_papers_formula(case: Any) -> None:
    method = METHOD().fit(case.data)
    for outputs in (case.id, case.ood):
        assert method.score(outputs) == pytest.approx(scores(method, case.data, outputs), rel=1e-10)
    assert auroc(method.score(case.id), method.score(case.ood)) > 0.95


def test_it_is_pytorch_oods_with_the_sign_turned(case: Any) -> None:
    head = case.data.head
    peer = pytest.importorskip("pytorch_ood.detector").PNML(
        None, lambda z: torch.from_numpy(head.logits(z.numpy())).float()
    )
    peer.fit_features(torch.from_numpy(case.data.features), torch.from_numpy(case.data.labels))
    method = METHOD().fit(case.data)
    for outputs in (case.id, case.ood):
        theirs = -peer.predict_features(torch.from_numpy(outputs.features)).numpy()
        assert method.score(outputs) == pytest.approx(theirs, rel=1e-4)


def test_sure_predictions_do_not_tie(case: Any) -> None:
    sure = Head(case.data.head.weight * 400, case.data.head.bias)
    method = METHOD().fit(FitData(sure, case.data.train))
    found = method.score(case.id)
    assert len(np.unique(found)) == len(found)
    assert (found <= 0).all()
    assert found == pytest.approx(scores(method, FitData(sure, case.data.train), case.id), rel=1e-6)


def test_directions_without_training_images_add_nothing(case: Any) -> None:
    wide = np.concatenate([case.data.features, np.zeros((400, 4), np.float32)], axis=1)
    head = Head(np.concatenate([case.data.head.weight, np.zeros((5, 4))], axis=1), case.data.head.bias)
    method = METHOD().fit(FitData(head, Outputs(case.data.train.logits, wide, None, case.data.labels)))
    shown = np.concatenate([case.id.features, np.zeros((60, 4), np.float32)], axis=1)
    expected = METHOD().fit(case.data).score(case.id)
    assert method.score(Outputs(case.id.logits, shown)) == pytest.approx(expected, rel=1e-9)


def test_an_image_without_activation_has_no_regret(case: Any) -> None:
    assert METHOD().fit(case.data).score(Outputs(case.id.logits[:1], np.zeros((1, 16), np.float32))) == [0]


def test_blocks_make_no_difference(case: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = METHOD().fit(case.data).score(case.id)
    monkeypatch.setattr(blocks, "BLOCK_ELEMENTS", 100)
    assert METHOD().fit(case.data).score(case.id) == pytest.approx(expected, rel=1e-9)
