"""The kinds of things that have names, and their names, found without importing torch."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import typer


class Kind(StrEnum):
    """One of a kind, as `bench describe` takes it."""

    METHOD = "method"
    DATASET = "dataset"
    NETWORK = "network"
    RECIPE = "recipe"
    OBJECTIVE = "objective"
    PROTOCOL = "protocol"
    REPORT = "report"


class Kinds(StrEnum):
    """All of a kind, as `bench list` takes it."""

    METHODS = "methods"
    DATASETS = "datasets"
    NETWORKS = "networks"
    RECIPES = "recipes"
    OBJECTIVES = "objectives"
    PROTOCOLS = "protocols"
    REPORTS = "reports"

    @property
    def singular(self) -> Kind:
        """One of this kind."""
        return Kind(self.value.removesuffix("s"))


@dataclass(frozen=True)
class Named:
    """A name and one line on what it stands for."""

    name: str
    summary: str


def all_named(kind: Kind) -> list[Named]:
    """Every name of a kind with its summary; registered files are read, not imported."""
    if kind is Kind.RECIPE:
        from bench.training.recipe import recipe_names, recipe_summary

        return [Named(name, recipe_summary(name)) for name in recipe_names()]
    if kind is Kind.PROTOCOL:
        from bench.running.protocol import PROTOCOLS

        return [Named(name, words) for name, words in PROTOCOLS.items()]
    from bench.registry import registry

    return [Named(entry.name, entry.summary) for entry in registry(kind.value).entries.values()]


def complete_name(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """For shell completion: the names of the kind typed before that begin with `incomplete`, with their summaries."""
    found = all_named(Kind(context.params["kind"]))
    return [(one.name, one.summary) for one in found if one.name.startswith(incomplete)]
