"""The negative entropy of the softmax."""

from typing import Any

import numpy as np
import pytest
import torch

from bench.extraction.outputs import Outputs
from bench.method_contract import METHODS
from bench.metrics import auroc
from tests.methods.oracles.entropy import scores

METHOD = METHODS.get("entropy")


def test_it_is_the_definition(case: Any) -> None:
    for outputs in (case.id, case.ood):
        assert METHOD().score(outputs) == pytest.approx(scores(METHOD(), case.data, outputs), rel=1e-12)
    assert auroc(METHOD().score(case.id), METHOD().score(case.ood)) > 0.95


def test_it_is_pytorch_oods_with_the_sign_turned(case: Any) -> None:
    peer = pytest.importorskip("pytorch_ood.detector").Entropy(None)
    theirs = -peer.predict_logits(torch.from_numpy(case.id.logits)).numpy()
    assert METHOD().score(case.id) == pytest.approx(theirs, rel=1e-4)


def test_sure_images_keep_their_order_where_the_softmax_rounds_to_one(case: Any) -> None:
    logits = np.zeros((80, 3), np.float32)
    logits[:, 1] = np.linspace(20, 600, 80)
    outputs = Outputs(logits, logits)
    assert np.all(np.diff(METHOD().score(outputs)) > 0)
    assert METHOD().score(outputs) == pytest.approx(scores(METHOD(), case.data, outputs), rel=1e-12)


def test_even_and_extreme_logits() -> None:
    logits = np.array([[0, 0, 0], [1e4, 1e4, -1e4], [1e4, -1e4, 0]], np.float32)
    assert METHOD().score(Outputs(logits, logits)) == pytest.approx([-np.log(3), -np.log(2), 0])
