"""Recipes: how long and how a network is trained, as TOML files under `recipes/`.

A recipe file has a `[default]` table; `[dataset.NAME]`, `[network.NAME]` and `[network.NAME.dataset.NAME]` tables
override it, the more particular the later.
"""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from bench.errors import BenchError, UnknownNameError

if TYPE_CHECKING:
    from .augmentation import Augmentation

FOLDER = Path(__file__).parent / "recipes"

Precision = Literal["fp32", "bf16"]


def _augmentation(**settings: Any) -> Augmentation:
    from .augmentation import Augmentation  # it needs torch, which listing recipes must not import

    return Augmentation(**settings)


@dataclass(frozen=True)
class Recipe:
    """Everything of a training run but the network, the data, the objective and the seed.

    SGD with (Nesterov) momentum and weight decay on all parameters. `schedule` is `steps` (the learning rate is
    multiplied by `decay` at each epoch of `milestones`) or `cosine` (a linear rise over the first `warmup` epochs,
    then half a cosine to zero). `precision` bf16 means autocast; weights and losses stay float32.
    """

    name: str
    epochs: int
    batch_size: int = 128
    learning_rate: float = 0.1
    momentum: float = 0.9
    nesterov: bool = True
    weight_decay: float = 5e-4
    schedule: Literal["steps", "cosine"] = "cosine"
    milestones: tuple[int, ...] = ()
    decay: float = 0.1
    warmup: float = 0.0
    precision: Precision = "fp32"
    augmentation: Augmentation = field(default_factory=_augmentation)

    def to_dict(self) -> dict[str, Any]:
        """As plain data, for a checkpoint's identity and metadata."""
        return {**asdict(self), "milestones": list(self.milestones)}


def recipe_names() -> list[str]:
    """The recipes that are shipped, in alphabetical order."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def recipe_summary(name: str) -> str:
    """One line on what a recipe is for."""
    return str(_read(name)["summary"])


def load_recipe(name: str, network: str, dataset: str, **overrides: Any) -> Recipe:
    """The recipe `name` for one network and data set; raises `BenchError` on unknown names or settings."""
    data = _read(name)
    layers = (
        data["default"],
        data.get("dataset", {}).get(dataset, {}),
        data.get("network", {}).get(network, {}),
        data.get("network", {}).get(network, {}).get("dataset", {}).get(dataset, {}),
        overrides,
    )
    settings: dict[str, Any] = {}
    augmentation: dict[str, Any] = {}
    for layer in layers:
        settings |= {key: value for key, value in layer.items() if key not in ("dataset", "augmentation")}
        augmentation |= layer.get("augmentation", {})
    known = {field.name for field in fields(Recipe)}
    for key in settings:
        if key not in known:
            raise UnknownNameError("recipe setting", key, known)
    settings["milestones"] = tuple(settings.get("milestones", ()))
    return replace(Recipe(name=name, epochs=1, augmentation=_augmentation(**augmentation)), **settings)


def _read(name: str) -> dict[str, Any]:
    if name not in recipe_names():
        raise UnknownNameError("recipe", name, recipe_names())
    try:
        return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise BenchError(f"The recipe file {FOLDER / name}.toml is not valid TOML: {error}.") from error
