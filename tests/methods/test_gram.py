from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from bench.data.transform import InputTransform
from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.extraction.probe import Seen
from bench.fitting.data import Facts
from bench.method_contract import METHODS
from bench.metrics import auroc
from tests.methods.oracles.gram import scores
from tests.methods.raw_maps import as_it_ran

GRAM: Any = METHODS.get("gram")
LayerCase = Callable[[Any], Any]


@pytest.mark.parametrize("settings", [{}, {"orders": 3, "held_out": 4, "by_confidence": False}])
def test_the_score_is_the_oracles_in_float64_up_to_the_passes_float32(
    settings: dict[str, Any], layer_case: LayerCase
) -> None:
    method = GRAM(**settings)
    case = layer_case(method)
    for outputs in (case.id, case.ood):
        assert method.score(outputs) == pytest.approx(scores(method, case.data, outputs), rel=2e-3, abs=2e-3)


def test_outliers_deviate_more_so_their_score_is_lower(layer_case: LayerCase) -> None:
    method = GRAM()
    case = layer_case(method)
    assert auroc(method.score(case.id), method.score(case.ood)) > 0.95
    assert (method.score(case.id) <= 0).all()


def test_images_that_gave_the_bounds_do_not_deviate(layer_case: LayerCase) -> None:
    method = GRAM()
    case = layer_case(method)
    (sums, _), (probe,) = method.fit_probes(), method.probes()
    lower, upper = probe.lower.array, probe.upper.array
    classes = case.data.train.predictions
    found = case.data.train.probed[sums]
    outside = (found < lower[classes]) | (found > upper[classes])
    assert 0.9 <= (~outside.any(1)).mean() < 1


def test_bounds_and_deviations_are_pytorch_oods(layer_case: LayerCase) -> None:
    peers = pytest.importorskip("pytorch_ood.detector")
    method = GRAM(by_confidence=False)
    case = layer_case(method)
    network, images = as_it_ran(case.data.train)
    met = np.zeros(5, dtype=int)
    bounding = []
    for place, label in enumerate(case.data.train.predictions):
        met[label] += 1
        if met[label] % 10:
            bounding.append(place)
    labels = torch.from_numpy(case.data.train.predictions)
    loader = [(images[bounding], labels[bounding])]
    peer = peers.Gram(lambda maps: network.classify(maps).logits, list(network.stages()), 5, list(range(1, 11)))
    peer.validation_fraction = 0.0
    peer.to("cpu").fit(loader)
    peer.layer_norm = torch.from_numpy(method.expected_)
    for outputs in (case.id, case.ood):
        theirs = -peer.predict(as_it_ran(outputs)[1]).double().numpy()
        assert method.score(outputs) == pytest.approx(theirs, rel=2e-3, abs=2e-3)
        assert spearmanr(method.score(outputs), theirs).statistic > 0.999


def test_a_class_that_is_never_predicted_in_training_has_the_bounds_of_all(layer_case: LayerCase) -> None:
    case = layer_case(GRAM())
    train = case.data.train
    kept = np.flatnonzero(train.predictions != 2)
    method = GRAM().fit(replace(case.data, given_train=train.take(kept)))
    (probe,) = method.probes()
    assert np.array_equal(probe.lower.array[2], np.delete(probe.lower.array, 2, 0).min(0))
    assert np.array_equal(probe.upper.array[2], np.delete(probe.upper.array, 2, 0).max(0))


def test_powers_of_large_and_small_maps_stay_in_range(layer_case: LayerCase) -> None:
    probe, _ = GRAM().fit_probes()
    network, images = as_it_ran(layer_case(GRAM()).id)
    stages, _ = network.forward_stages(images[:4])
    plain = probe(SimpleNamespace(stages=stages)).double()
    for factor in (1e-12, 1e12):
        found = probe(SimpleNamespace(stages=[maps * factor for maps in stages])).double()
        assert torch.allclose(found / factor**2, plain, rtol=1e-4)
    silent = [maps * 0 for maps in stages]
    assert torch.equal(probe(SimpleNamespace(stages=silent)), torch.zeros(4, plain.shape[1]))


def test_odd_orders_of_maps_below_zero_keep_their_sign() -> None:
    maps = torch.tensor([[[[1.0, 0.5]], [[-3.0, 0.5]]]])
    probe, _ = GRAM(orders=3).fit_probes()
    expected = []
    for p in (1, 2, 3):
        matrix = maps[0, :, 0].double() ** p
        rows = (matrix @ matrix.T).sum(1)
        expected.append(rows.sign() * rows.abs() ** (1 / p))
    assert torch.allclose(probe(SimpleNamespace(stages=[maps])), torch.cat(expected).float()[None], rtol=1e-5)
    assert expected[2][0] < 0


def test_an_image_that_is_not_a_number_has_no_score(layer_case: LayerCase) -> None:
    method = GRAM()
    case = layer_case(method)
    network, images = as_it_ran(case.id)
    images = images[:6].clone()
    images[2, 0, 3, 3] = torch.nan
    stages, output = network.forward_stages(images)
    (probe,) = method.probes()
    seen = Seen(images, InputTransform(32, 32, 1, (0.5,), (0.25,)), network, output, stages)
    logits, features = output.logits.numpy(), output.features.numpy()
    found = method.score(Outputs(logits, features, probed={probe: probe(seen).numpy()}))
    assert np.flatnonzero(np.isnan(found)).tolist() == [2]
    others = [0, 1, 3, 4, 5]
    assert found[others] == pytest.approx(method.score(case.id)[others], rel=1e-4, abs=1e-4)


def test_too_few_images_to_hold_out_any_are_refused() -> None:
    GRAM().check(Facts(5, 64, np.full(5, 10)))
    with pytest.raises(BenchError, match="at least 46 images with 5 classes, and there are 45"):
        GRAM().check(Facts(5, 64, np.full(5, 9)))


@pytest.mark.parametrize("settings", [{"orders": 0}, {"held_out": 1}])
def test_settings_out_of_range_are_refused(settings: dict[str, int]) -> None:
    with pytest.raises(BenchError, match=f"gram: {next(iter(settings))} must be at least"):
        GRAM(**settings)


@pytest.mark.parametrize("settings", [{"orders": 4}, {"held_out": 7}, {"by_confidence": False}])
def test_every_parameter_changes_the_scores(settings: dict[str, Any], layer_case: LayerCase) -> None:
    first, second = GRAM(), GRAM(**settings)
    one, other = layer_case(first), layer_case(second)
    assert not np.array_equal(first.score(one.id), second.score(other.id))
