"""The largest logit."""

from typing import Any

import numpy as np
import pytest
import torch

from bench.extraction.outputs import Outputs
from bench.method_contract import METHODS
from bench.metrics import auroc
from tests.methods.oracles.max_logit import scores

METHOD = METHODS.get("max-logit")


def test_it_is_the_largest_logit(case: Any) -> None:
    found = METHOD().fit(case.data).score(case.ood)
    assert found.dtype == np.float64
    assert found.tolist() == scores(METHOD(), case.data, case.ood)
    assert auroc(METHOD().score(case.id), found) > 0.95


def test_it_is_pytorch_oods(case: Any) -> None:
    peer = pytest.importorskip("pytorch_ood.detector").MaxLogit(None)
    theirs = -peer.predict_logits(torch.from_numpy(case.id.logits)).numpy()
    assert np.array_equal(METHOD().score(case.id), theirs)


def test_a_common_level_counts() -> None:
    logits = np.array([[1, 2], [11, 12]], np.float32)
    assert METHOD().score(Outputs(logits, logits)).tolist() == [2, 12]
