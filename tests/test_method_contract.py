"""The contract of methods: parameters by name, of the type of their defaults, refused early when wrong."""

from typing import Any

import numpy as np
import pytest

from bench.citation import Citation
from bench.errors import BenchError, UnknownNameError
from bench.extraction.outputs import Outputs
from bench.extraction.view import CLEAN
from bench.fitting.data import Facts, FitData
from bench.method_contract import METHODS, Method, Scores


class Scaled(Method):
    name = "scaled"
    citation = Citation("T", "A", 2026)

    def __init__(self, *, factor: float = 2.0, power: int = 3, unit: str = "raw", absolute: bool = False) -> None:
        self.factor, self.power, self.unit, self.absolute = factor, power, unit, absolute

    def score(self, outputs: Outputs) -> Scores:
        return self.factor * outputs.logits[:, 0].astype(np.float64)


def test_parameters_are_listed_with_their_values() -> None:
    assert Scaled.parameter_names() == ["factor", "power", "unit", "absolute"]
    assert Scaled.make({"power": 4}).parameters() == {"factor": 2.0, "power": 4, "unit": "raw", "absolute": False}
    assert METHODS.get("msp").parameter_names() == []
    assert METHODS.get("msp")().parameters() == {}


def test_a_method_without_a_view_of_its_own_sees_images_as_they_are() -> None:
    assert METHODS.get("msp")().view() == CLEAN


def test_an_unknown_parameter_gets_the_nearest_known_one() -> None:
    with pytest.raises(UnknownNameError, match=r"setting of scaled: 'factr'\. Did you mean 'factor'\?"):
        Scaled.make({"factr": 1.0})


def test_equal_values_of_two_types_are_one_value() -> None:
    """A whole number for a fractional parameter is that fraction, so that it does not make another key."""
    for value in (4, 4.0, np.float32(4), np.float64(4), np.int64(4)):
        made = Scaled.make({"factor": value}).parameters()["factor"]
        assert (type(made), made) == (float, 4.0)
    assert type(Scaled.make({"power": np.int64(4)}).parameters()["power"]) is int


@pytest.mark.parametrize(
    "wrong",
    [
        {"factor": "much"}, {"factor": float("nan")}, {"factor": float("inf")}, {"factor": True}, {"factor": None},
        {"factor": [1.0]}, {"power": 2.5}, {"power": "3"}, {"power": False}, {"unit": 3}, {"unit": None},
        {"absolute": 1}, {"absolute": "yes"}, {"unit": ["raw"]},
    ],
    ids=str,
)  # fmt: skip
def test_a_value_of_the_wrong_kind_is_refused_with_the_default(wrong: dict[str, Any]) -> None:
    [(name, value)] = wrong.items()
    with pytest.raises(BenchError) as caught:
        Scaled.make(wrong)
    assert f"scaled.{name}" in str(caught.value)
    assert repr(value) in str(caught.value)
    assert repr(Scaled().parameters()[name]) in str(caught.value)


def test_what_is_needed_and_lacking_is_said() -> None:
    class Needy(Scaled):
        needs = frozenset({"training", "features"})

    Scaled().check(Facts(2, 3, None, {"training": "which are lost."}))
    with pytest.raises(BenchError, match="scaled needs the labelled training images, which are lost"):
        Needy().check(Facts(2, 3, None, {"training": "which are lost.", "confidence": "and so on."}))
    Needy().check(Facts(2, 3, np.array([4, 5]), {"confidence": "and so on."}))


def test_what_fit_learns_is_its_state() -> None:
    fitted = Scaled()
    fitted.mean_ = np.zeros(3)  # type: ignore[attr-defined]
    assert list(fitted.state()) == ["mean"]
    assert fitted.parameters() == Scaled().parameters()
    assert Scaled().fit(FitData()).state() == {}
    for name in ("head", "train"):
        with pytest.raises(ValueError, match="to the method's needs"):
            getattr(FitData(), name)
