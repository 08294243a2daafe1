"""Views as plain data: whatever changes what the network is shown changes the description."""

from dataclasses import dataclass

import pytest
from torch import Tensor

from bench.errors import BenchError
from bench.extraction.view import CLEAN, InputLoss, View
from bench.networks.classifier import NetworkOutput


@dataclass(frozen=True)
class Scaled(InputLoss):
    epsilon: float = 1.0

    def __call__(self, output: NetworkOutput) -> Tensor:
        return self.epsilon * output.logits.sum(1)


def elsewhere() -> type[InputLoss]:
    """A loss of the same name by another author."""

    @dataclass(frozen=True)
    class Scaled(InputLoss):
        epsilon: float = 1.0

        def __call__(self, output: NetworkOutput) -> Tensor:
            return -self.epsilon * output.logits.sum(1)

    return Scaled


class Improved(Scaled):
    version = 2


def test_different_views_have_different_descriptions() -> None:
    views = [
        CLEAN, View(Scaled()), View(Scaled(), 0.5), View(Scaled(0.5), 1.0), View(Scaled(1.0), 1.0, "raw"),
        View(Scaled(2.0)), View(elsewhere()()), View(Improved()),
        View(Scaled(), share=0.5), View(Scaled(), share=0.0), View(Scaled(), share=0.5, end="smallest"),
    ]  # fmt: skip
    described = [repr(view.describe()) for view in views]
    assert len(set(described)) == len(views)
    assert View(Scaled(), 0.5).describe() == View(Scaled(), 0.5).describe()


def test_a_loss_without_its_own_version_has_the_first() -> None:
    class Patched(Scaled):
        version = 3

    first, third = Scaled().describe(), Patched().describe()
    assert (first["version"], third["version"]) == (1, 3)


@pytest.mark.parametrize("unit", ["pixels", "", "RAW"])
def test_epsilon_has_one_of_two_units(unit: str) -> None:
    with pytest.raises(BenchError, match=rf"'raw' or 'normalized', not '{unit}'"):
        View(Scaled(), 0.1, unit)  # type: ignore[arg-type]


def test_a_step_needs_a_loss_to_step_along() -> None:
    with pytest.raises(BenchError, match=r"epsilon 0\.1 has no direction without a loss"):
        View(epsilon=0.1)
    assert View(unit="raw") == CLEAN


def test_a_step_on_all_values_is_described_as_it_was_before_there_was_a_choice() -> None:
    described = View(Scaled(), 0.5, "raw").describe()
    assert sorted(described) == ["epsilon", "loss", "unit"]
    assert View(Scaled(), 0.5, "raw", share=1.0, end="smallest") == View(Scaled(), 0.5, "raw")
    assert View(share=0.5, end="smallest") == CLEAN
    assert CLEAN.describe() == {}


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_step_moves_a_share_between_none_and_all(share: float) -> None:
    with pytest.raises(BenchError, match=r"share of the input values .* must be in \[0, 1\], got"):
        View(Scaled(), 0.1, share=share)


def test_the_values_of_a_share_are_counted_from_one_of_two_ends() -> None:
    with pytest.raises(BenchError, match="'largest' or 'smallest', not 'middle'"):
        View(Scaled(), 0.1, share=0.5, end="middle")  # type: ignore[arg-type]
