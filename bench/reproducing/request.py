"""What is asked of a reproduction: which rows, with which networks, seeds and settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.data.bindings import Binding
from bench.errors import BenchError, UnknownNameError
from bench.training.recipe import recipe_names

from .paper import Paper, load_paper


@dataclass(frozen=True)
class Request:
    """A paper's table, and in what the reproduction is to differ from it; None means as in the paper.

    `rows` are patterns of row keys, all rows when empty. `network` replaces the rows' own. `options` are names of the
    table's options. With `only_trained` nothing is trained: what is not found trained is not run.
    """

    paper: Paper
    rows: tuple[str, ...] = ()
    network: str | None = None
    recipe: str | None = None
    seed_count: int | None = None
    options: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    bindings: Mapping[str, Binding] = field(default_factory=dict)
    device: str = "auto"
    data: Path | None = None
    out: Path = Path("runs/latest")
    only_trained: bool = False

    def __post_init__(self) -> None:
        if self.training_recipe not in recipe_names():
            raise UnknownNameError("recipe", self.training_recipe, recipe_names())
        for name in self.options:
            if name not in self.paper.options:
                raise UnknownNameError(f"option of {self.paper.name}", name, self.paper.options)
        if self.seed_count is not None and self.seed_count < 1:
            raise BenchError("Nothing given for --seeds: at least one seed is needed.")

    @classmethod
    def of(cls, paper: str, **changes: Any) -> Request:
        """The request for a shipped table's name or a path to a table's file."""
        return cls(load_paper(paper), **changes)

    @property
    def training_recipe(self) -> str:
        """The recipe that networks are trained with."""
        return self.recipe or self.paper.recipe

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds to train with: as many as the paper has runs, unless a number is given."""
        return tuple(range(self.seed_count or self.paper.seeds or 1))

    @property
    def extra_settings(self) -> dict[str, Any]:
        """The settings of the options, and over them the user's own."""
        chosen = [self.paper.options[name].settings for name in self.options]
        return {key: value for settings in (*chosen, self.settings) for key, value in settings.items()}
