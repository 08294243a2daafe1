from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from bench.errors import BenchError
from bench.fitting.data import Facts, FitData
from bench.method_contract import METHODS
from bench.metrics import auroc
from tests.methods.oracles.mahalanobis_ensemble import scores, stage_features

ENSEMBLE: Any = METHODS.get("mahalanobis-ensemble")
LayerCase = Callable[[Any], Any]


@pytest.mark.parametrize("combination", ["standardised", "equal"])
def test_the_score_is_the_oracles(combination: str, layer_case: LayerCase) -> None:
    method = ENSEMBLE(combination=combination)
    case = layer_case(method)
    for outputs in (case.id, case.ood):
        assert method.score(outputs) == pytest.approx(scores(method, case.data, outputs), rel=1e-8)
    assert auroc(method.score(case.id), method.score(case.ood)) > 0.95


def test_the_plain_sum_ranks_as_pytorch_oods(layer_case: LayerCase) -> None:
    peers = pytest.importorskip("pytorch_ood.detector")
    method = ENSEMBLE(combination="equal")
    case = layer_case(method)

    def features(outputs: Any) -> list[torch.Tensor]:
        return [torch.from_numpy(part).float() for part in stage_features(outputs, case.data)]

    peer = peers.MultiMahalanobis([torch.nn.Identity()] * 4)
    peer.to("cpu").fit_structured(features(case.data.train), torch.from_numpy(case.data.labels))
    for outputs in (case.id, case.ood):
        theirs = -peer.predict_structured(features(outputs)).numpy()
        assert spearmanr(method.score(outputs), theirs).statistic > 0.999


def test_standardised_stages_have_mean_zero_and_spread_one_on_the_training_images(layer_case: LayerCase) -> None:
    method = ENSEMBLE()
    case = layer_case(method)
    assert method.score(case.data.train).mean() == pytest.approx(0, abs=1e-10)
    ensemble = method.ensemble_
    assert ensemble.mean == pytest.approx([-len(stage.whiten.T) for stage in ensemble.stages], rel=0.1)


def test_a_class_without_images_and_a_silent_channel_are_left_out(layer_case: LayerCase) -> None:
    method = ENSEMBLE()
    case = layer_case(method)
    train = case.data.train.take(np.flatnonzero(case.data.labels != 3))
    means, widths = method.fit_probes()
    quiet = train.probed[means].copy()
    quiet[:, [2, 20]] = 0.25
    data = FitData(given_train=replace(train, probed={means: quiet, widths: train.probed[widths]}))
    method.fit(data)
    assert [stage.whiten.shape for stage in method.ensemble_.stages[:2]] == [(16, 15), (32, 31)]
    assert [len(stage.means) for stage in method.ensemble_.stages] == [4] * 4
    assert method.score(case.id) == pytest.approx(scores(method, data, case.id), rel=1e-8)


def test_a_refit_forgets_the_former_training_images(layer_case: LayerCase) -> None:
    method = ENSEMBLE()
    case = layer_case(method)
    before = method.score(case.id)
    method.fit(FitData(given_train=case.data.train.take(np.arange(600))))
    after = method.score(case.id)
    assert not np.allclose(after, before)
    assert method.fit(case.data).score(case.id) == pytest.approx(before, rel=1e-12)


def test_what_has_no_meaning_is_refused() -> None:
    with pytest.raises(BenchError, match="combination must be standardised or equal, got 'learnt'"):
        ENSEMBLE(combination="learnt")
    with pytest.raises(BenchError, match="a class with at least two training images"):
        ENSEMBLE().check(Facts(3, 64, np.array([1, 0, 1])))
    ENSEMBLE().check(Facts(3, 64, np.array([2, 0, 1])))
