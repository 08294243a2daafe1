"""The baseline where single and double precision saturate."""

from decimal import Decimal, localcontext

import numpy as np
import pytest
import torch

from bench.extraction.outputs import Outputs
from bench.method_contract import METHODS
from tests.methods.conftest import Case


def test_images_that_tie_in_single_precision_keep_their_order() -> None:
    """Logits as sure networks have them: in float32 every largest probability is exactly 1."""
    stream = np.random.default_rng(0)
    logits = stream.normal(0, 1, (300, 10)).astype(np.float32)
    logits[:, 4] = stream.uniform(22, 60, 300)
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    assert np.unique(probabilities.max(1)).tolist() == [1.0]

    scores = METHODS.get("msp")().score(Outputs(logits, logits))
    with localcontext() as context:
        context.prec = 80
        terms = [[Decimal(value).exp() for value in row] for row in logits.tolist()]
        exact = [max(row) / sum(row) for row in terms]
    assert len(np.unique(scores)) == 300
    assert np.argsort(scores).tolist() == sorted(range(300), key=exact.__getitem__)


def test_its_probability_is_pytorch_oods_with_the_sign_turned(case: Case) -> None:
    peer = pytest.importorskip("pytorch_ood.detector").MaxSoftmax(None)
    msp = METHODS.get("msp")()
    for outputs in (case.id, case.ood):
        theirs = -peer.predict_logits(torch.from_numpy(outputs.logits)).numpy()
        assert msp.probability(msp.score(outputs)) == pytest.approx(theirs, rel=1e-6)
