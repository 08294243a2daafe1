"""The ensemble's score of the mean prediction, whose logarithm it is given as logits."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import softmax

from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.method_contract import METHODS
from bench.metrics import auroc
from tests.methods.conftest import Case
from tests.methods.oracles.deep_ensemble import scores

DeepEnsemble = METHODS.get("deep-ensemble")
both_measures = pytest.mark.parametrize("measure", ["max-probability", "entropy"])


def mean_prediction(*members: Outputs) -> Outputs:
    mean = np.mean([softmax(one.logits.astype(np.float64), axis=1) for one in members], axis=0)
    return replace(members[0], logits=np.log(mean).astype(np.float32))


@both_measures
def test_the_score_is_the_oracles(case: Case, measure: str) -> None:
    method = DeepEnsemble(measure=measure)
    for outputs in (case.id, case.ood):
        assert method.score(outputs) == pytest.approx(scores(method, case.data, outputs), rel=1e-9)
    assert auroc(method.score(case.id), method.score(case.ood)) > 0.95


def test_it_is_the_largest_mean_probability(case: Case) -> None:
    assert DeepEnsemble.ensemble
    other = replace(case.id, logits=2 * case.id.logits - 1)
    expected = (softmax(case.id.logits, axis=1) + softmax(other.logits, axis=1)).max(axis=1) / 2
    assert np.exp(DeepEnsemble().score(mean_prediction(case.id, other))) == pytest.approx(expected, rel=1e-6)


def test_members_that_disagree_are_less_sure_than_each_of_them() -> None:
    features = np.zeros((1, 1), np.float32)
    one, two = (Outputs(np.array([logits], np.float32), features) for logits in ([9.0, 0.0, 0.0], [0.0, 9.0, 0.0]))
    method = DeepEnsemble()
    assert method.score(mean_prediction(one, two))[0] == pytest.approx(np.log(0.5), abs=1e-3)
    assert method.score(one)[0] > -0.001


@both_measures
def test_mean_predictions_that_round_to_certainty_keep_their_order(measure: str) -> None:
    rest = 10.0 ** -np.arange(1, 40)
    logits = np.stack([np.log1p(-rest), np.log(rest), np.full(39, -np.inf)], axis=1).astype(np.float32)
    found = DeepEnsemble(measure=measure).score(Outputs(logits, np.zeros((39, 1), np.float32)))
    assert (np.diff(found) > 0).all()
    assert (found < 0).all()


def test_a_word_that_is_no_measure_is_refused() -> None:
    with pytest.raises(BenchError, match="deep-ensemble: measure must be 'max-probability' or 'entropy', not 'energy'"):
        DeepEnsemble.make({"measure": "energy"})
