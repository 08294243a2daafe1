"""Recipes: how long and how a network is trained, as TOML files under `recipes/`.

A recipe file has a `[default]` table; `[dataset.NAME]`, `[network.NAME]` and `[network.NAME.dataset.NAME]` tables
override it, the more particular the later.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from bench.device import is_quick_in_bf16
from bench.errors import BenchError, UnknownNameError
from bench.settings import checked_settings

if TYPE_CHECKING:
    import torch

FOLDER = Path(__file__).parent / "recipes"

Precision = Literal["fp32", "bf16"]
Schedule = Literal["steps", "cosine"]


@dataclass(frozen=True)
class Augmentation:
    """How training images are varied.

    `crop_padding`: black pixels added on each side before a random crop to the old size. `flip`: mirror every second
    image. `cutout`: side of a square set to the mean after normalisation, its centre uniform over the image and the
    square clipped at the border (DeVries & Taylor 2017, arXiv 1708.04552), applied with `cutout_probability`.
    """

    crop_padding: int = 0
    flip: bool = False
    cutout: int = 0
    cutout_probability: float = 0.5

    def __post_init__(self) -> None:
        _require(self.crop_padding >= 0, "augmentation.crop_padding", "0 or more", self.crop_padding)
        _require(self.cutout >= 0, "augmentation.cutout", "0 or more", self.cutout)
        probability = self.cutout_probability
        _require(0 <= probability <= 1, "augmentation.cutout_probability", "between 0 and 1", probability)


@dataclass(frozen=True)
class Recipe:
    """Everything of a training run but the network, the data, the objective and the seed.

    SGD with (Nesterov) momentum and weight decay on all parameters. `schedule` is `steps` (the learning rate is
    multiplied by `decay` at each epoch of `milestones`) or `cosine` (a linear rise over the first `warmup` epochs,
    then half a cosine to zero). `precision` bf16 means autocast on devices that are quick in it, and fp32 on others;
    weights and losses stay float32. Raises `BenchError` for values that no training can use.
    """

    name: str
    epochs: int = 1
    batch_size: int = 128
    learning_rate: float = 0.1
    momentum: float = 0.9
    nesterov: bool = True
    weight_decay: float = 5e-4
    schedule: Schedule = "cosine"
    milestones: tuple[int, ...] = ()
    decay: float = 0.1
    warmup: float = 0.0
    precision: Precision = "fp32"
    augmentation: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        _require(self.epochs >= 1, "epochs", "1 or more", self.epochs)
        _require(self.batch_size >= 2, "batch_size", "2 or more, for batch normalisation", self.batch_size)
        for name in ("learning_rate", "decay"):
            _require(getattr(self, name) > 0, name, "above 0", getattr(self, name))
        for name in ("weight_decay", "warmup"):
            _require(getattr(self, name) >= 0, name, "0 or more", getattr(self, name))
        _require(0 <= self.momentum < 1, "momentum", "at least 0 and below 1", self.momentum)
        _require(self.momentum > 0 or not self.nesterov, "nesterov", "false without momentum", self.nesterov)
        whole = all(isinstance(epoch, int) and epoch >= 0 for epoch in self.milestones)
        _require(whole, "milestones", "a list of epochs", self.milestones)
        for name, choices in (("schedule", get_args(Schedule)), ("precision", get_args(Precision))):
            _require(getattr(self, name) in choices, name, " or ".join(choices), getattr(self, name))

    def on(self, device: torch.device) -> Recipe:
        """What is done there: where bf16 is emulated, many times slower than float32, `precision` is fp32."""
        return self if self.precision == "fp32" or is_quick_in_bf16(device) else replace(self, precision="fp32")

    def to_dict(self) -> dict[str, Any]:
        """As plain data, for a checkpoint's identity and metadata."""
        return {**asdict(self), "milestones": list(self.milestones)}


def recipe_names() -> list[str]:
    """The recipes that are shipped, in alphabetical order."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def recipe_summary(name: str) -> str:
    """One line on what a recipe is for."""
    return str(read_recipe(name)["summary"])


def load_recipe(name: str, network: str, dataset: str, /, **overrides: Any) -> Recipe:
    """The recipe `name` for one network and data set, with some settings replaced.

    `overrides` are fields of `Recipe`, and those of `Augmentation` as a table `augmentation` or under names such as
    `augmentation.cutout`. Raises `BenchError` on unknown names, unknown settings and values of the wrong kind.
    """
    data = read_recipe(name)
    of_network = dict(data.get("network", {}).get(network, {}))
    of_both = of_network.pop("dataset", {}).get(dataset, {})
    layers = (data["default"], data.get("dataset", {}).get(dataset, {}), of_network, of_both, overrides)
    settings: dict[str, Any] = {}
    augmentation: dict[str, Any] = {}
    for layer in layers:
        for key, value in layer.items():
            if key == "augmentation":
                augmentation |= value
            elif key.startswith("augmentation."):
                augmentation[key.removeprefix("augmentation.")] = value
            else:
                settings[key] = value
    checked = checked_settings("recipe", settings, _defaults(Recipe))
    varied = Augmentation(**checked_settings("recipe.augmentation", augmentation, _defaults(Augmentation)))
    return Recipe(name=name, augmentation=varied, **checked)


def _defaults(kind: type[Recipe | Augmentation]) -> Mapping[str, Any]:
    return {field.name: field.default for field in fields(kind) if field.default is not MISSING}


def _require(holds: bool, name: str, wanted: str, value: Any) -> None:
    if not holds:
        raise BenchError(f"recipe.{name} must be {wanted}, not {value!r}.")


def read_recipe(name: str) -> dict[str, Any]:
    """The tables of a recipe's file; raises `BenchError` for an unknown name and a damaged file."""
    if name not in recipe_names():
        raise UnknownNameError("recipe", name, recipe_names())
    try:
        return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise BenchError(f"The recipe file {FOLDER / name}.toml is not valid TOML: {error}.") from error
