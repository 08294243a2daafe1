"""Both variants of AdaSCALE against algorithm 1 of the paper, and the perturbation against gradients by hand."""

from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.extraction.view import CLEAN
from bench.method_contract import METHODS, Method
from bench.metrics import auroc
from tests.methods.conftest import Case
from tests.methods.oracles import adascale_a, adascale_l
from tests.methods.passes import NETWORK, PIXELS, TRANSFORM, fit_data, shown

ORACLES: dict[str, ModuleType] = {"adascale-a": adascale_a, "adascale-l": adascale_l}
both = pytest.mark.parametrize("name", ORACLES)


def perturbed(case: Case, method: Method) -> Case:
    """The case with perturbed images beside: those of OOD images shift more."""
    stream = np.random.default_rng(1)

    def shifted(outputs: Outputs, size: float) -> Any:
        return outputs.features + stream.normal(0, size, outputs.features.shape).astype(np.float32)

    def beside(outputs: Outputs, size: float) -> Outputs:
        [view] = method.further_views()
        return replace(outputs, beside={view: replace(outputs, features=shifted(outputs, size))})

    data = replace(case.data, given_train=beside(case.data.train, 0.1))
    return Case(data, beside(case.id, 0.1), beside(case.ood, 0.5), case.facts)


def fitted(case: Case, name: str, **parameters: Any) -> tuple[Method, Case]:
    method = METHODS.get(name)(**parameters)
    whole = perturbed(case, method)
    return method.fit(whole.data), whole


@both
@pytest.mark.parametrize(
    "parameters",
    [{}, {"p_min": 10.0, "p_max": 95.0}, {"k1": 0.3, "k2": 0.8, "lam": 0.5}, {"k1": 0.5, "k2": 0.2}],
    ids=str,
)
def test_the_score_is_the_oracles(case: Case, name: str, parameters: dict[str, float]) -> None:
    method, whole = fitted(case, name, **parameters)
    for outputs in (whole.id, whole.ood):
        expected = ORACLES[name].scores(METHODS.get(name)(**parameters), whole.data, outputs)
        assert method.score(outputs) == pytest.approx(expected, rel=1e-9)


@both
def test_images_whose_activations_shift_more_are_told_apart(case: Case, name: str) -> None:
    method, whole = fitted(case, name, k1=0.5)  # one of 16 activations would say little
    assert auroc(method.score(whole.id), method.score(whole.ood)) > 0.95


@both
def test_the_whole_of_it_by_hand(name: str) -> None:
    method = METHODS.get(name)(epsilon=0.3, share=0.2)
    data, outputs = fit_data(method), shown(method)
    inputs = TRANSFORM(PIXELS).requires_grad_()
    (gradient,) = torch.autograd.grad(NETWORK(inputs).logits.amax(1).sum(), inputs)
    order = gradient.abs().flatten(1).sort(dim=1, stable=True).indices[:, : 16 * 16 // 5]
    mask = torch.zeros(len(PIXELS), 16 * 16).scatter_(1, order, 1.0).view_as(gradient)
    features = NETWORK(inputs.detach() + 0.3 * gradient.sign() * mask).features.numpy()
    [view] = method.further_views()
    assert np.allclose(data.train.beside[view].features, features, rtol=1e-5, atol=1e-7)
    assert np.allclose(outputs.beside[view].features, features, rtol=1e-5, atol=1e-7)
    assert np.abs(features - outputs.features).max() > 1e-3

    by_hand = replace(outputs, beside={view: replace(outputs, features=features)})
    expected = ORACLES[name].scores(method, data, by_hand)
    assert method.view() == CLEAN
    assert method.fit(data).score(outputs) == pytest.approx(expected, rel=1e-4)


@both
@pytest.mark.parametrize("changed", [{"epsilon": 0.4}, {"share": 0.3}, {"unit": "raw"}], ids=str)
def test_the_step_changes_the_scores(name: str, changed: dict[str, Any]) -> None:
    usual, other = METHODS.get(name)(), METHODS.get(name)(**changed)
    found = [one.fit(fit_data(one)).score(shown(one)) for one in (usual, other)]
    assert (found[0] != found[1]).any()


@both
def test_every_other_parameter_changes_the_scores(case: Case, name: str) -> None:
    changes = [{}, {"p_min": 50.0}, {"p_max": 99.0}, {"k1": 0.2}, {"k2": 0.5}, {"lam": 1.0}]
    found = []
    for changed in changes:
        method, whole = fitted(case, name, **changed)
        found.append(tuple(method.score(whole.id)))
    assert len(set(found)) == len(changes)


@both
def test_what_shifts_less_is_scaled_more(case: Case, name: str) -> None:
    method, whole = fitted(case, name)
    [view] = method.further_views()
    found = []
    for shift in (0, 0.1, 9):
        after = replace(whole.id, features=whole.id.features + np.float32(shift))
        found.append(method.score(replace(whole.id, beside={view: after}).take(slice(None))))
    assert (np.diff(found, axis=0) <= 0).all()
    assert (found[0] > found[2]).any()


@both
def test_one_percentile_is_static_scaling(case: Case, name: str) -> None:
    method, whole = fitted(case, name, p_min=75.0, p_max=75.0)
    top = np.sort(whole.id.features.astype(np.float64), axis=1)[:, -4:]
    ratio = whole.id.features.sum(axis=1, dtype=np.float64) / top.sum(axis=1)
    scaled = {
        "adascale-a": case.data.head.logits(whole.id.features * np.exp(ratio)[:, None]),
        "adascale-l": whole.id.logits * ratio[:, None] ** 2,
    }[name]
    assert method.score(whole.id) == pytest.approx(np.log(np.exp(scaled).sum(axis=1)), rel=1e-9)


@both
def test_images_without_a_positive_activation_are_not_scaled(case: Case, name: str) -> None:
    method, whole = fitted(case, name)
    dead = replace(whole.id, features=-np.abs(whole.id.features)).take(slice(None))
    logits = case.data.head.logits(np.exp(1) * dead.features) if name == "adascale-a" else dead.logits.astype(float)
    assert method.score(dead) == pytest.approx(np.log(np.exp(logits).sum(axis=1)), rel=1e-9)


@both
def test_what_is_not_a_number_before_or_after_the_step_has_no_score(case: Case, name: str) -> None:
    method, whole = fitted(case, name)
    [view] = method.further_views()
    before, after = whole.id.features.copy(), whole.id.beside[view].features.copy()
    before[1], after[2] = np.nan, np.nan
    outputs = replace(whole.id, features=before, beside={view: replace(whole.id, features=after)}).take(slice(None))
    assert np.flatnonzero(np.isnan(method.score(outputs))).tolist() == [1, 2]


@both
@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"p_max": 100.0}, "p_max must be between 0 and 99.5"),
        ({"p_min": 90.0}, "p_min must not be above p_max, got 90.0 and 85.0"),
        ({"k1": -0.1}, "k1 must be between 0 and 1"),
        ({"share": 1.5}, "share must be between 0 and 1"),
        ({"unit": "pixels"}, "'raw' or 'normalized'"),
    ],
    ids=str,
)
def test_values_that_make_no_sense_are_refused(name: str, parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(BenchError, match=message):
        METHODS.get(name).make(parameters)
