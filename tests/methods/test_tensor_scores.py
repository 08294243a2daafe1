"""`tensor_score` against `score`, for every method that has one, at all values of its options, and on odd images."""

import itertools
from dataclasses import replace
from typing import Any, Literal, get_args, get_origin, get_type_hints

import numpy as np
import pytest
import torch

from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.method_contract import METHODS, Method
from bench.networks.classifier import NetworkOutput
from tests.methods.cases import made_for, needs_a_pass
from tests.methods.conftest import Case, make

WITHOUT = {
    "adascale-a": "moves the image",
    "adascale-l": "moves the image",
    "brightness": "looks at pixels",
    "colour-mean-distance": "looks at pixels",
    "compression-size": "looks at pixels",
    "confidence-preprocessed": "moves the image",
    "constant": "looks at nothing",
    "deep-ensemble": "is of several networks",
    "gradient-uncertainty": "takes gradients",
    "gram": "looks at maps",
    "iodin": "moves the image",
    "mahalanobis-ensemble": "looks at maps",
    "mahalanobis-odin": "moves the image",
    "mc-dropout": "multiplies features a hundred times for each image",
    "nac": "takes gradients",
    "odin": "moves the image",
    "random": "looks at pixels",
    "rankfeat": "looks at maps",
    "total-variation": "looks at pixels",
}
"""Methods that cannot leave as a program, with the reason."""

WITH = [name for name in METHODS.names() if name not in WITHOUT]


def variants(cls: type[Method]) -> list[Method]:
    """The method with its defaults, and with each other value of each option; what it cannot work with is left out."""
    hints, found = get_type_hints(cls.__init__), [cls()]
    for name in cls.parameter_names():
        values = list(get_args(hints[name])) if get_origin(hints[name]) is Literal else list(cls.search.get(name, ()))
        values += [False, True] if hints[name] is bool else []
        found += [one for value in values if (one := made(cls, name, value)) is not None]
    return found


def made(cls: type[Method], name: str, value: Any) -> Method | None:
    try:
        method = cls(**{name: value})
        method.check(make().facts)
    except BenchError:
        return None
    return None if needs_a_pass_now(method) else method


def needs_a_pass_now(method: Method) -> bool:
    return bool(method.fit_probes()) or getattr(method, "spatial", False)


CASES = [
    pytest.param(method, id=f"{name}-{number}")
    for name in WITH
    for number, method in enumerate(variants(METHODS.get(name)))
]


def in_torch(method: Method, outputs: Outputs) -> np.ndarray[Any, Any]:
    """The score that the method's function of tensors gives."""
    score = method.tensor_score()
    assert score is not None
    arrays = (outputs.logits, outputs.features, outputs.confidence_logit)
    found = score(NetworkOutput(*(None if one is None else torch.from_numpy(one).double() for one in arrays)))  # type: ignore[arg-type]
    assert found.dtype == torch.float64
    return found.numpy()


def odd(case: Case) -> Outputs:
    """Images whose features, or logits, are zeros, huge, equal, or so far apart that a softmax is 1 in float32."""
    outputs = replace(case.id.take(slice(0, 12)), labels=None)
    features, logits = outputs.features.copy(), outputs.logits.copy()
    features[0], logits[1], features[2], logits[3], logits[4, 0] = 0, 0, 1e4, 5, 80
    features[5], logits[6, :2] = features[5, 0], logits[6].max()
    return replace(outputs, features=features, logits=logits)


@pytest.mark.parametrize("method", CASES)
def test_a_score_is_the_same_in_torch(method: Method) -> None:
    case = make()
    method.fit(case.data)
    for outputs in (replace(case.id, labels=None), replace(case.ood, labels=None), odd(case)):
        expected = method.score(outputs)
        scale = np.abs(expected).max()
        np.testing.assert_allclose(in_torch(method, outputs), expected, rtol=1e-10, atol=1e-12 * scale)


@pytest.mark.parametrize("name", WITH)
def test_what_is_no_number_stays_none(name: str) -> None:
    case = make()
    method = METHODS.get(name)().fit(case.data)
    outputs = case.id.take(slice(0, 4))
    logits, features, trust = outputs.logits.copy(), outputs.features.copy(), outputs.confidence_logit
    assert trust is not None
    for array in (logits, features, trust := trust.copy()):
        array[1] = np.nan
    found = in_torch(method, replace(outputs, logits=logits, features=features, confidence_logit=trust))
    assert np.isnan(found[1])
    assert np.isfinite(np.delete(found, 1)).all()


@pytest.mark.parametrize("name", METHODS.names())
def test_only_methods_that_cannot_have_none(name: str) -> None:
    method = METHODS.get(name)()
    made_for(method)
    assert (method.tensor_score() is None) == (name in WITHOUT)


def test_maps_that_are_shaped_are_no_features() -> None:
    for name, values in itertools.product(("ash", "react"), ({"spatial": True},)):
        method = METHODS.get(name)(**values)
        assert needs_a_pass(method)
        made_for(method)
        assert method.tensor_score() is None
