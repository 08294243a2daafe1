"""The Mahalanobis distance before and after the step, against the paper's equations and pytorch-ood."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from bench.errors import BenchError
from bench.fitting.data import Facts
from bench.method_contract import METHODS, Method
from bench.metrics import auroc
from bench.networks.classifier import Classifier, NetworkOutput
from tests.methods.conftest import LAYER_TRANSFORM, Case, layer_network
from tests.methods.oracles.mahalanobis_odin import gaussian, scores

MahalanobisODIN = METHODS.get("mahalanobis-odin")
LayerCase = Callable[[Method], Case]


def network_and_images(name: str = "id") -> tuple[Classifier, Tensor]:
    """The network of the layer case, and its images as it sees them when nothing is moved."""
    network, images = layer_network()
    return network, LAYER_TRANSFORM(images[name].pixels)


def test_the_score_is_the_oracles(case: Case) -> None:
    method = MahalanobisODIN().fit(case.data)
    for outputs in (case.id, case.ood):
        assert method.score(outputs) == pytest.approx(scores(method, case.data, outputs), rel=1e-9)
    assert auroc(method.score(case.id), method.score(case.ood)) > 0.95


def test_its_loss_is_half_the_squared_distance_to_the_nearest_mean(case: Case) -> None:
    loss = MahalanobisODIN().fit(case.data).view().loss
    features = torch.from_numpy(case.id.features).requires_grad_()
    losses = loss(NetworkOutput(torch.zeros(60, 5), features, None))
    assert losses.detach().numpy() == pytest.approx(-np.array(scores(None, case.data, case.id)) / 2, rel=1e-4)
    (gradient,) = torch.autograd.grad(losses.sum(), features)
    means, precision = gaussian(case.data)
    for row, slope in zip(case.id.features.astype(np.float64), gradient, strict=True):
        nearest = min(means, key=lambda mean: (row - mean) @ precision @ (row - mean))
        assert np.allclose(slope, precision @ (row - nearest), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("unit", ["raw", "normalized"])
def test_the_whole_of_it_by_hand(layer_case: LayerCase, unit: str) -> None:
    method = MahalanobisODIN(epsilon=0.01, unit=unit)
    case = layer_case(method)
    means, precision = (torch.tensor(np.array(one)) for one in gaussian(case.data))
    network, inputs = network_and_images()

    def distances(images: Tensor) -> Tensor:
        away = network(images).features.double()[:, None] - means
        squares: Tensor = ((away @ precision) * away).sum(2)
        return squares.amin(1)

    (gradient,) = torch.autograd.grad(distances(inputs.requires_grad_()).sum(), inputs)
    length = 0.01 / LAYER_TRANSFORM.std[0] if unit == "raw" else 0.01
    expected = -distances(inputs.detach() - length * gradient.sign())
    assert method.score(case.id) == pytest.approx(expected.numpy(), rel=1e-4)
    still = layer_case(MahalanobisODIN(epsilon=0.0))
    assert (method.score(case.id) > MahalanobisODIN().fit(still.data).score(still.id)).all(), "the step brings nearer"
    assert auroc(method.score(case.id), method.score(case.ood)) > 0.95


@pytest.mark.parametrize("unit", ["raw", "normalized"])
def test_it_is_pytorch_oods(layer_case: LayerCase, unit: str) -> None:
    detector = pytest.importorskip("pytorch_ood.detector").MahalanobisODIN
    method = MahalanobisODIN(epsilon=0.01, unit=unit)
    case = layer_case(method)
    network, inputs = network_and_images()
    stds = list(LAYER_TRANSFORM.std) if unit == "raw" else None
    theirs = detector(lambda images: network(images).features, eps=0.01, norm_std=stds)
    theirs.fit_features(torch.from_numpy(case.data.features), torch.from_numpy(case.data.labels))
    halved_and_not_divided = 2 * len(case.data.features) * -theirs.predict(inputs).numpy()
    assert method.score(case.id) == pytest.approx(halved_and_not_divided, rel=1e-5)


def test_classes_without_training_images_are_left_out(case: Case) -> None:
    train = case.data.train.take(np.flatnonzero(case.data.labels != 2))
    data = replace(case.data, given_train=train, shared=type(case.data.shared)())
    method = MahalanobisODIN().fit(data)
    found = method.score(case.id)
    assert found == pytest.approx(scores(method, data, case.id), rel=1e-9)
    assert (found < MahalanobisODIN().fit(case.data).score(case.id)).any()


def test_silent_features_say_nothing_of_the_step_nor_of_the_score(case: Case) -> None:
    def muted(outputs: Any) -> Any:
        return replace(outputs, features=outputs.features * (np.arange(16) != 3), shared=type(outputs.shared)())

    data = replace(case.data, given_train=muted(case.data.train), shared=type(case.data.shared)())
    method = MahalanobisODIN().fit(data)
    assert method.score(muted(case.id)) == pytest.approx(scores(method, data, muted(case.id)), rel=1e-8)
    loud = replace(muted(case.id), features=muted(case.id).features + 5 * (np.arange(16) == 3).astype(np.float32))
    assert method.score(loud) == pytest.approx(method.score(muted(case.id)), rel=1e-6)


def test_what_was_fitted_before_is_forgotten_and_equal_fits_share_a_pass(case: Case, make_case: Any) -> None:
    method = MahalanobisODIN().fit(make_case(1).data)
    other = method.view()
    assert method.fit(case.data).view() != other
    assert method.view() == MahalanobisODIN().fit(make_case(0).data).view()
    assert method.view().describe() == MahalanobisODIN().fit(make_case(0).data).view().describe()


@pytest.mark.parametrize("changed", [{"epsilon": 0.05}, {"unit": "normalized"}], ids=str)
def test_every_parameter_changes_the_scores(layer_case: LayerCase, changed: dict[str, Any]) -> None:
    methods = MahalanobisODIN(epsilon=0.01), MahalanobisODIN(**{"epsilon": 0.01} | changed)
    cases = [layer_case(method) for method in methods]
    found = [method.score(case.id) for method, case in zip(methods, cases, strict=True)]
    assert (found[0] != found[1]).any()


def test_what_it_cannot_work_with_is_refused(case: Case) -> None:
    with pytest.raises(BenchError, match="at least two training images"):
        MahalanobisODIN().check(Facts(5, 16, np.ones(5, np.int64)))
    with pytest.raises(BenchError, match="needs"):
        MahalanobisODIN().check(Facts(5, 16, None, {"training": "which are not at hand"}))
    with pytest.raises(BenchError, match="'raw' or 'normalized'"):
        MahalanobisODIN.make({"unit": "pixels"})
    MahalanobisODIN().check(case.facts)
