"""i-ODIN against its definition, written out, and against ODIN."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from bench.errors import BenchError
from bench.method_contract import METHODS
from bench.metrics import auroc
from tests.methods.conftest import Case
from tests.methods.oracles.iodin import scores
from tests.methods.passes import NETWORK, PIXELS, TRANSFORM, shown

IODIN, ODIN = METHODS.get("iodin"), METHODS.get("odin")


def test_the_score_is_the_oracles(case: Case) -> None:
    for temperature in (1.0, 1000.0):
        method = IODIN(temperature=temperature)
        assert method.score(case.id) == pytest.approx(scores(method, case.data, case.id), rel=1e-9)
    assert auroc(IODIN().score(case.id), IODIN().score(case.ood)) > 0.95


@pytest.mark.parametrize("unit", ["raw", "normalized"])
def test_one_value_of_each_image_is_moved_towards_the_predicted_class(unit: str) -> None:
    method = IODIN(epsilon=0.3, temperature=10.0, unit=unit)
    inputs = TRANSFORM(PIXELS).requires_grad_()
    logits = NETWORK(inputs).logits / 10
    (gradient,) = torch.autograd.grad(F.cross_entropy(logits, logits.argmax(1), reduction="sum"), inputs)
    images = inputs.detach().clone()
    for image, slope in zip(images, gradient, strict=True):
        at = np.unravel_index(int(slope.abs().argmax()), slope.shape)
        image[at] -= (0.3 / 0.2 if unit == "raw" else 0.3) * slope[at].sign()
    assert np.allclose(shown(method).logits, NETWORK(images).logits, rtol=1e-5, atol=1e-6)
    assert not np.allclose(shown(method).logits, NETWORK(inputs).logits.detach(), atol=1e-4)


def test_moving_all_values_is_odin() -> None:
    whole, odin = IODIN(share=1.0), ODIN()
    assert whole.view() == odin.view()
    assert np.array_equal(whole.score(shown(whole)), odin.score(shown(odin)))


@pytest.mark.parametrize(
    "changed",
    [{"temperature": 10.0}, {"epsilon": 0.5}, {"unit": "normalized"}, {"share": 0.1}],
    ids=str,
)
def test_every_parameter_changes_the_scores(changed: dict[str, float | str]) -> None:
    usual, other = IODIN(epsilon=0.2), IODIN(**{"epsilon": 0.2} | changed)
    assert (usual.score(shown(usual)) != other.score(shown(other))).any()


@pytest.mark.parametrize(("name", "value"), [("temperature", 0.0), ("share", 1.5), ("unit", "pixels")])
def test_values_that_make_no_sense_are_refused(name: str, value: float | str) -> None:
    with pytest.raises(BenchError, match=r"iodin: |'raw' or 'normalized'"):
        IODIN.make({name: value})
