"""Recipes: the paper's table cell by cell, layers that override each other, and settings that are refused."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.errors import BenchError, UnknownNameError
from bench.training import recipe
from bench.training.recipe import Augmentation, Recipe, load_recipe, recipe_names, recipe_summary

PAPER_TABLE = """
setting       | vgg13 cifar10 | wrn-28-10 cifar10 | densenet-bc-100-12 cifar10 | vgg13 svhn | wrn-16-8 svhn | densenet-bc-100-12 svhn
epochs        | 200           | 200               | 300                        | 160        | 160           | 300
batch_size    | 128           | 128               | 64                         | 128        | 128           | 64
learning_rate | 0.1           | 0.1               | 0.1                        | 0.01       | 0.01          | 0.01
decay         | 0.2           | 0.2               | 0.1                        | 0.1        | 0.1           | 0.1
milestones    | 60 120 160    | 60 120 160        | 150 225                    | 80 120     | 80 120        | 150 225
weight_decay  | 5e-4          | 5e-4              | 1e-4                       | 5e-4       | 5e-4          | 1e-4
cutout        | 16            | 16                | 16                         | 20         | 20            | 20
flip          | 1             | 1                 | 1                          | 0          | 0             | 0
"""  # noqa: E501 - a table of the paper's
HEADER, *LINES = [[cell.strip() for cell in line.split("|")] for line in PAPER_TABLE.strip().splitlines()]
CELLS = [(HEADER[place], line[0], line[place]) for line in LINES for place in range(1, len(HEADER))]


@pytest.mark.parametrize(("column", "setting", "value"), CELLS)
def test_every_cell_of_the_papers_table(column: str, setting: str, value: str) -> None:
    network, dataset = column.split()
    found = load_recipe("paper", network, dataset)
    owner = found.augmentation if setting in ("cutout", "flip") else found
    values = getattr(owner, setting)
    assert [float(one) for one in (values if isinstance(values, tuple) else (values,))] == [
        float(one) for one in value.split()
    ]


@pytest.mark.parametrize("column", HEADER[1:])
def test_what_all_columns_of_the_papers_table_share(column: str) -> None:
    found = load_recipe("paper", *column.split())
    assert (found.momentum, found.nesterov, found.schedule, found.precision) == (0.9, True, "steps", "fp32")
    assert (found.augmentation.crop_padding, found.augmentation.cutout_probability) == (4, 0.5)


def test_every_shipped_recipe_has_a_summary_and_loads_for_any_pair() -> None:
    assert recipe_names() == ["openood", "paper", "quick", "smoke"]
    for name in recipe_names():
        assert recipe_summary(name)
        assert load_recipe(name, "no such network", "no such data set").name == name


@pytest.fixture
def layered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "layered.toml").write_text(
        'summary = "for a test"\n'
        "[default]\nepochs = 1\nbatch_size = 10\nwarmup = 1\n[default.augmentation]\ncutout = 1\ncrop_padding = 4\n"
        "[dataset.d]\nepochs = 2\nbatch_size = 20\n[dataset.d.augmentation]\ncutout = 2\n"
        "[network.n]\nepochs = 3\n[network.n.augmentation]\ncutout = 3\n"
        "[network.n.dataset.d]\nepochs = 4\n[network.n.dataset.d.augmentation]\ncutout = 4\n"
    )
    monkeypatch.setattr(recipe, "FOLDER", tmp_path)
    return "layered"


@pytest.mark.parametrize(
    ("network", "dataset", "expected"),
    [("-", "-", (1, 10, 1)), ("-", "d", (2, 20, 2)), ("n", "-", (3, 10, 3)), ("n", "d", (4, 20, 4))],
)
def test_the_more_particular_table_wins(
    layered: str, network: str, dataset: str, expected: tuple[int, int, int]
) -> None:
    found = load_recipe(layered, network, dataset)
    assert (found.epochs, found.batch_size, found.augmentation.cutout) == expected
    assert (found.augmentation.crop_padding, found.warmup) == (4, 1.0)
    assert isinstance(found.warmup, float)


def test_the_users_settings_win_over_all_tables(layered: str) -> None:
    found = load_recipe(layered, "n", "d", epochs=9, **{"augmentation.cutout": 8, "augmentation": {"flip": True}})
    assert (found.epochs, found.batch_size) == (9, 20)
    assert found.augmentation == Augmentation(crop_padding=4, flip=True, cutout=8)


def test_a_recipe_as_plain_data_holds_every_setting_and_tells_recipes_apart() -> None:
    plain = load_recipe("paper", "vgg13", "cifar10")
    data = plain.to_dict()
    assert (
        Recipe(**{**data, "augmentation": Augmentation(**data["augmentation"]), "milestones": (60, 120, 160)}) == plain
    )
    assert replace(plain, augmentation=Augmentation()).to_dict() != plain.to_dict()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epoch": 3}, r"setting of recipe: 'epoch'\. Did you mean 'epochs'\?"),
        ({"name": "mine"}, "setting of recipe: 'name'"),
        ({"dataset": "svhn"}, "setting of recipe: 'dataset'"),
        ({"network": "vgg13"}, "setting of recipe: 'network'"),
        ({"augmentation.cutot": 3}, r"setting of recipe\.augmentation: 'cutot'\. Did you mean 'cutout'\?"),
        ({"augmentation": {"mixup": 1}}, r"setting of recipe\.augmentation: 'mixup'"),
    ],
)
def test_unknown_settings_are_refused_with_the_nearest_known_one(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UnknownNameError, match=message):
        load_recipe("smoke", "convnet", "digits", **settings)


@pytest.mark.parametrize(
    "settings",
    [
        {"epochs": 0}, {"epochs": 2.5}, {"epochs": "many"}, {"batch_size": 1}, {"batch_size": True},
        {"learning_rate": 0.0}, {"learning_rate": -0.1}, {"learning_rate": float("nan")}, {"learning_rate": "big"},
        {"momentum": 1.0}, {"momentum": -0.1}, {"momentum": 0.0}, {"nesterov": 1}, {"weight_decay": -1e-4},
        {"schedule": "linear"}, {"precision": "fp16"}, {"decay": 0}, {"warmup": -1}, {"milestones": 3},
        {"milestones": ["a"]}, {"milestones": [0.5]}, {"augmentation.cutout": -1}, {"augmentation.flip": "yes"},
        {"augmentation.cutout_probability": 1.5}, {"augmentation.crop_padding": -4},
    ],
    ids=str,
)  # fmt: skip
def test_values_that_no_training_can_use_are_refused(settings: dict[str, Any]) -> None:
    [name] = settings
    with pytest.raises(BenchError) as caught:
        load_recipe("smoke", "convnet", "digits", **settings)
    wrong = "nesterov" if settings == {"momentum": 0.0} else name
    assert f"recipe.{wrong} must be" in str(caught.value)


def test_a_recipe_without_momentum_is_possible() -> None:
    assert load_recipe("smoke", "convnet", "digits", momentum=0, nesterov=False).momentum == 0.0


def test_unknown_and_damaged_recipes_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown recipe 'papr'\. Did you mean 'paper'\?"):
        load_recipe("papr", "vgg13", "cifar10")
    (tmp_path / "broken.toml").write_text("summary = ")
    monkeypatch.setattr(recipe, "FOLDER", tmp_path)
    with pytest.raises(BenchError, match=r"broken\.toml is not valid TOML"):
        load_recipe("broken", "vgg13", "cifar10")
