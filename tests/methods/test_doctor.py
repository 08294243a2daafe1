"""DOCTOR."""

from typing import Any

import numpy as np
import pytest
from scipy.special import softmax
from scipy.stats import spearmanr

from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.method_contract import METHODS
from bench.metrics import auroc
from tests.methods.oracles.doctor import scores

METHOD = METHODS.get("doctor")


@pytest.mark.parametrize("variant", ["alpha", "beta"])
@pytest.mark.parametrize("temperature", [1.0, 0.05, 1000.0])
def test_it_is_the_papers_ratio(case: Any, variant: str, temperature: float) -> None:
    method = METHOD(variant=variant, temperature=temperature)
    for outputs in (case.id, case.ood):
        assert method.score(outputs) == pytest.approx(scores(method, case.data, outputs), rel=1e-10)
    assert auroc(method.score(case.id), method.score(case.ood)) > 0.95


def test_alpha_ranks_as_detectors_does(case: Any) -> None:
    """Its score, written out: the sum of squares minus one."""
    theirs = (softmax(case.ood.logits.astype(np.float64), axis=1) ** 2).sum(1) - 1
    assert spearmanr(METHOD().score(case.ood), theirs).statistic == pytest.approx(1, abs=1e-12)


def test_beta_ranks_as_msp_does_and_alpha_not_quite(case: Any) -> None:
    baseline = METHODS.get("msp")().score(case.ood)
    assert spearmanr(METHOD(variant="beta").score(case.ood), baseline).statistic == pytest.approx(1, abs=1e-12)
    assert spearmanr(METHOD().score(case.ood), baseline).statistic < 1 - 1e-6


@pytest.mark.parametrize("variant", ["alpha", "beta"])
def test_sure_images_do_not_tie(variant: str) -> None:
    logits = np.zeros((80, 3), np.float32)
    logits[:, 1] = np.linspace(20, 2000, 80)
    assert np.all(np.diff(METHOD(variant=variant).score(Outputs(logits, logits))) > 0)


def test_extreme_logits() -> None:
    logits = np.array([[1e4, -1e4], [1e4, 1e4]], np.float32)
    assert METHOD().score(Outputs(logits, logits)) == pytest.approx([2e4 - np.log(2), 0])
    assert METHOD(variant="beta").score(Outputs(logits, logits)) == pytest.approx([2e4, 0])


def test_parameters_that_make_no_sense_are_refused() -> None:
    with pytest.raises(BenchError, match="doctor: variant must be alpha or beta, got 'gamma'"):
        METHOD(variant="gamma")
    with pytest.raises(BenchError, match="doctor: temperature must be positive, got 0"):
        METHOD(temperature=0.0)
