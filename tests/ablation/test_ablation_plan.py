"""From an ablation to runs: what overrides what, what is left out, and which variants share networks."""

from pathlib import Path
from typing import Any

import pytest

from bench.ablation.file import read_ablation
from bench.ablation.plan import Run, groups, plan
from bench.errors import BenchError

DIGITS = {"id": "digits", "ood": ["glyphs"]}


def planned(name: str, settings: dict[str, Any] | None = None, **options: Any) -> list[Run]:
    return plan(read_ablation(name), {**DIGITS, **options}, settings or {})


def test_options_go_over_the_file_and_none_is_no_option() -> None:
    runs = planned("budget", {"recipe.epochs": 1}, network="convnet", recipe=None, seeds=(0, 1))
    assert [run.variant.name for run in runs] == ["0.1", "0.3", "0.6", "1"]
    spec = runs[0].specification
    assert (spec.id, spec.ood, spec.method) == ("digits", ("glyphs",), ("confidence",))
    assert (spec.network, spec.recipe, spec.training_seeds) == ("convnet", None, (0, 1))
    assert spec.settings == {"learned-confidence.budget": 0.1, "recipe.epochs": 1}
    assert spec.out == Path("runs/ablate-budget")


def test_a_setting_of_the_command_line_goes_over_the_variants_own() -> None:
    with pytest.raises(BenchError, match=r"'0.1' and '0.3' of budget do not differ"):
        planned("budget", {"learned-confidence.budget": 2.0})


def test_settings_of_methods_that_are_not_run_are_left_out() -> None:
    both = planned("epsilon")[1].specification.settings
    assert both == {"odin.unit": "normalized", "odin.epsilon": 0.0005, "confidence-preprocessed.epsilon": 0.0005}
    one = planned("epsilon", method=["confidence-preprocessed"])[1].specification.settings
    assert one == {"confidence-preprocessed.epsilon": 0.0005}
    with pytest.raises(BenchError, match="do not differ in anything that msp would notice"):
        planned("epsilon", method=["msp"])


def test_variants_of_a_training_are_refused_for_a_trained_network() -> None:
    with pytest.raises(BenchError, match=r"sets learned-confidence.budget, which is of a training"):
        planned("budget", checkpoint=Path("a.safetensors"))


@pytest.mark.parametrize(("name", "count"), [("epsilon", 1), ("budget", 4), ("hints", 3), ("cutout", 2)])
def test_variants_of_methods_share_networks_and_those_of_trainings_do_not(name: str, count: int) -> None:
    runs = planned(name)
    found = groups(runs)
    assert len(found) == count
    assert [run for group in found for run in group] == runs
