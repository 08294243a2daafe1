"""Energy."""

from typing import Any

import numpy as np
import pytest
import torch

from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.method_contract import METHODS
from bench.metrics import auroc
from tests.methods.oracles.energy import scores

METHOD = METHODS.get("energy")


@pytest.mark.parametrize("temperature", METHOD.search["temperature"])
def test_it_is_the_definition(case: Any, temperature: float) -> None:
    method = METHOD(temperature=temperature)
    assert method.score(case.id) == pytest.approx(scores(method, case.data, case.id), rel=1e-12)
    assert auroc(method.score(case.id), method.score(case.ood)) > 0.95


@pytest.mark.parametrize("temperature", [1.0, 3.0])
def test_it_is_pytorch_oods_with_the_sign_turned(case: Any, temperature: float) -> None:
    peer = pytest.importorskip("pytorch_ood.detector").EnergyBased(None, t=temperature)
    theirs = -peer.predict_logits(torch.from_numpy(case.id.logits)).numpy()
    assert METHOD(temperature=temperature).score(case.id) == pytest.approx(theirs, rel=1e-5)


def test_large_logits_do_not_overflow() -> None:
    logits = np.array([[1e4, -1e4], [1e4, 1e4], [-1e4, -1e4]], np.float32)
    assert METHOD().score(Outputs(logits, logits)) == pytest.approx([1e4, 1e4 + np.log(2), -1e4 + np.log(2)], rel=1e-15)


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan")])
def test_a_temperature_that_makes_no_sense_is_refused(temperature: float) -> None:
    with pytest.raises(BenchError, match="energy: temperature must be positive"):
        METHOD(temperature=temperature)
