"""From names to a plan: defaults of the data set, and whatever is wrong said before any training."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.data.dataset import DATASETS, DataSet, Place
from bench.data.images import ArrayImages
from bench.errors import BenchError, UnknownNameError
from bench.training.planning import plan_training
from bench.training.recipe import load_recipe
from bench.training.train import TrainingPlan


def plan(**choices: Any) -> TrainingPlan:
    digits: DataSet = DATASETS.get("digits")()
    return plan_training(digits, digits.load("train", Place(Path())), **{"objective": "cross-entropy", **choices})


def test_the_data_set_says_which_network_and_recipe_where_the_user_does_not() -> None:
    found = plan()
    assert (found.network, found.recipe.name, found.id_dataset) == ("convnet", "smoke", "digits")
    assert found.classes == tuple("0123456789")
    assert found.transform == DATASETS.get("digits")().training_transform()
    assert found.recipe == load_recipe("smoke", "convnet", "digits")


def test_the_user_may_choose_everything() -> None:
    found = plan(
        objective="learned-confidence", network="resnet20", recipe="quick", seed=4,
        recipe_settings={"epochs": 2, "augmentation.cutout": 8}, objective_settings={"budget": 1},
    )  # fmt: skip
    assert (found.network, found.recipe.name, found.seed) == ("resnet20", "quick", 4)
    assert (found.recipe.epochs, found.recipe.augmentation.cutout) == (2, 8)
    assert found.make_objective().parameters() == {"budget": 1.0, "hints": 0.5}
    assert found.key != plan(objective="learned-confidence", network="resnet20", recipe="quick", seed=4).key


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"network": "resnt20"}, r"network 'resnt20'\. Did you mean 'resnet20'"),
        ({"recipe": "smok"}, r"recipe 'smok'\. Did you mean 'smoke'"),
        ({"objective": "crossentropy"}, r"objective 'crossentropy'\. Did you mean 'cross-entropy'"),
        ({"recipe_settings": {"epoch": 1}}, r"setting of recipe: 'epoch'\. Did you mean 'epochs'"),
        (
            {"objective": "learned-confidence", "objective_settings": {"budgt": 1}},
            r"setting of learned-confidence: 'budgt'\. Did you mean 'budget'",
        ),
        ({"objective_settings": {"budget": 0.3}}, "setting of cross-entropy: 'budget'"),
    ],
)
def test_unknown_names_are_refused_with_the_nearest_known_one(choices: Mapping[str, Any], message: str) -> None:
    with pytest.raises(UnknownNameError, match=message):
        plan(**choices)


@pytest.mark.parametrize(
    "settings",
    [{"budget": 0.0}, {"budget": -1}, {"budget": "much"}, {"hints": 1.5}, {"hints": -0.1}, {"hints": True}],
    ids=str,
)
def test_wrong_values_of_an_objective_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(BenchError, match="learned-confidence"):
        plan(objective="learned-confidence", objective_settings=settings)


def test_a_set_that_is_not_trained_on_is_refused() -> None:
    with pytest.raises(BenchError, match=r"'uniform' is not a set to train on.*--checkpoint"):
        plan_training(DATASETS.get("uniform")(), ArrayImages(np.zeros((2, 8, 8), np.uint8)), objective="cross-entropy")
