"""GEN."""

from typing import Any

import numpy as np
import pytest
import torch

from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.method_contract import METHODS
from bench.metrics import auroc
from tests.methods.oracles.gen import scores

METHOD = METHODS.get("gen")


@pytest.mark.parametrize(("gamma", "top"), [(0.1, 100), (0.01, 100), (0.5, 3), (1.0, 1), (2.0, 5)])
def test_it_is_the_papers_formula(case: Any, gamma: float, top: int) -> None:
    method = METHOD(gamma=gamma, top=top)
    for outputs in (case.id, case.ood):
        assert method.score(outputs) == pytest.approx(scores(method, case.data, outputs), rel=1e-10)
    assert auroc(method.score(case.id), method.score(case.ood)) > 0.95


@pytest.mark.parametrize(("gamma", "top", "terms"), [(0.1, None, 5), (0.5, 3, 3)])
def test_it_is_pytorch_oods_mean_with_the_sign_turned(case: Any, gamma: float, top: int | None, terms: int) -> None:
    peer = pytest.importorskip("pytorch_ood.detector").GEN(None, gamma=gamma, M=top)
    theirs = -peer.predict_logits(torch.from_numpy(case.id.logits)).numpy() * terms
    assert METHOD(gamma=gamma, top=top or 100).score(case.id) == pytest.approx(theirs, rel=1e-5)


def test_each_parameter_changes_the_scores(case: Any) -> None:
    tried = {METHOD(gamma=gamma, top=top).score(case.id).tobytes() for gamma in (0.1, 0.2) for top in (1, 2, 5)}
    assert len(tried) == 6


def test_the_smallest_probabilities_are_left_out() -> None:
    logits = np.array([[5, 4, -3, -9], [5, 4, -3.5, -7.5]], np.float32)
    few, all_of_them = (METHOD(top=top).score(Outputs(logits, logits)) for top in (1, 4))
    assert few[0] == pytest.approx(few[1], rel=1e-3)
    assert abs(all_of_them[0] - all_of_them[1]) > 0.01


def test_extreme_logits() -> None:
    logits = np.array([[1e4, -1e4], [1e4, 1e4]], np.float32)
    assert METHOD().score(Outputs(logits, logits)) == pytest.approx([0, -2 * 0.25**0.1])


def test_parameters_that_make_no_sense_are_refused() -> None:
    with pytest.raises(BenchError, match="gen: gamma must be positive, got 0"):
        METHOD(gamma=0.0)
    with pytest.raises(BenchError, match="gen: top must be at least 1, got 0"):
        METHOD(top=0)
