"""What a run is asked to do: read from words, and refused early when it makes no sense."""

from typing import Any

import pytest

from bench.errors import BenchError, UnknownNameError
from bench.running.specification import (
    RunSpecification,
    parse_setting,
    require_used,
    seeds_from,
    settings_from,
    settings_of,
)


def specification(**changes: Any) -> RunSpecification:
    return RunSpecification(**{"method": ("msp",), "id": "digits", "ood": ("uniform",), **changes})


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("odin.epsilon=0.002", "odin.epsilon", 0.002),
        ("odin.temperature=10", "odin.temperature", 10),
        ("odin.epsilon=1e-3", "odin.epsilon", 0.001),
        ("odin.unit=raw", "odin.unit", "raw"),
        ("odin.unit='raw'", "odin.unit", "raw"),
        ("recipe.nesterov=false", "recipe.nesterov", False),
        ("recipe.milestones=[1, 2]", "recipe.milestones", [1, 2]),
        ("recipe.augmentation.cutout=8", "recipe.augmentation.cutout", 8),
        (" odin.unit =a=b", "odin.unit", "a=b"),
    ],
)
def test_a_setting_is_a_name_and_a_number_a_truth_a_list_or_else_a_word(text: str, name: str, value: Any) -> None:
    found = parse_setting(text)
    assert found == (name, value)
    assert type(found[1]) is type(value)


@pytest.mark.parametrize("text", ["", "odin", "epsilon=3", "odin.epsilon", "=3"])
def test_what_is_no_setting_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BenchError, match=r"Write NAME\.PARAMETER=VALUE, such as odin\.epsilon=0\.002"):
        parse_setting(text)


def test_settings_belong_to_one_name_each() -> None:
    settings = settings_from(["odin.epsilon=0.1", "odin.unit=raw", "recipe.epochs=2", "recipe.augmentation.cutout=3"])
    assert settings_of(settings, "odin") == {"epsilon": 0.1, "unit": "raw"}
    assert settings_of(settings, "recipe") == {"epochs": 2, "augmentation.cutout": 3}
    assert settings_of(settings, "od") == {}
    assert settings_of({"mine.count": 1}, "mine=npz:x.npz") == {"count": 1}


def test_a_setting_of_nothing_in_the_run_is_refused_with_the_nearest_owner() -> None:
    require_used({"odin.epsilon": 1, "recipe.augmentation.cutout": 2}, ["odin", "recipe"])
    with pytest.raises(UnknownNameError, match=r"setting 'odn\.epsilon': 'odn'\. Did you mean 'odin'\?"):
        require_used({"odn.epsilon": 1}, ["odin", "recipe"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"method": ()}, r"Nothing given for --method.*bench list methods"),
        ({"id": ""}, r"Nothing given for --id.*bench list datasets"),
        ({"ood": ()}, "Nothing given for --ood"),
        ({"seeds": ()}, "Nothing given for --seeds"),
        ({"protocol": "publishd"}, r"Unknown protocol 'publishd'\. Did you mean 'published'"),
        ({"protocol": "heldout-ood"}, "needs --tune-on"),
        ({"tune_on": "gaussian"}, "only that protocol takes it"),
        ({"protocol": "heldout-ood", "tune_on": "uniform"}, "'uniform' cannot be tuned on and tested on"),
    ],
)
def test_what_makes_no_sense_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(BenchError, match=message):
        specification(**changes)


def test_seeds_are_one_or_the_first_few_but_not_both() -> None:
    assert seeds_from(None, None) is None
    assert seeds_from(7, None) == (7,)
    assert seeds_from(0, None) == (0,)
    assert seeds_from(None, 3) == (0, 1, 2)
    with pytest.raises(BenchError, match="not both"):
        seeds_from(1, 2)
