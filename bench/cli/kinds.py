"""The kinds of things that have names, and their names, found without importing torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import typer

from bench.data.project import project_bindings
from bench.errors import BenchError, UnknownNameError
from bench.plugins import Plugin, all_plugins
from bench.suites.library import find_suite, suite_names


class Kind(StrEnum):
    """What can be listed and described."""

    METHOD = "method"
    DATASET = "dataset"
    CORRUPTION = "corruption"
    NETWORK = "network"
    RECIPE = "recipe"
    OBJECTIVE = "objective"
    PROTOCOL = "protocol"
    REPORT = "report"
    PAPER = "paper"
    ABLATION = "ablation"
    SUITE = "suite"
    PLUGIN = "plugin"


@dataclass(frozen=True)
class Named:
    """A name and one line on what it stands for; `broken` says why it cannot be used, or is empty."""

    name: str
    summary: str
    broken: str = ""


def parse_kind(text: str) -> Kind:
    """The kind of that name, in the singular or the plural; raises `UnknownNameError` for another."""
    singular = text.lower().removesuffix("s")
    if singular not in set(Kind):
        raise UnknownNameError("kind", text, [f"{kind}s" for kind in Kind])
    return Kind(singular)


def all_named(kind: Kind) -> list[Named]:
    """Every name of a kind with its summary; registered files are read, not imported."""
    if kind in _LISTS:
        return _LISTS[kind]()
    from bench.registry import registry

    entries = registry(kind.value).entries.values()
    found = {entry.name: Named(entry.name, entry.summary, entry.broken) for entry in entries}
    if kind is Kind.DATASET:
        found |= {name: Named(name, binding.origin) for name, binding in project_bindings(Path.cwd()).items()}
    return [found[name] for name in sorted(found)]


def _suite(name: str) -> Named:
    try:
        return Named(name, find_suite(name).summary)
    except BenchError as error:  # one that is broken stops nothing else
        return Named(name, f"broken: {error}", str(error))


def nameless_plugins() -> list[str]:
    """What is wrong with each plugin that is so broken that none of its names is known."""
    return [f"The plugin {one.name} is broken: {one.broken}." for one in all_plugins() if not one.entries]


def _brought_by(plugin: Plugin) -> str:
    if plugin.broken:
        return f"broken: {plugin.broken}"
    return ", ".join(f"{entry.kind} {entry.name}" + (" (broken)" if entry.broken else "") for entry in plugin.entries)


def complete_kind(incomplete: str) -> list[str]:
    """For shell completion: the kinds that begin with `incomplete`."""
    return [kind.value for kind in Kind if kind.value.startswith(incomplete)]


def complete_kinds(incomplete: str) -> list[str]:
    """For shell completion: the kinds, in the plural, that begin with `incomplete`."""
    return [f"{kind}s" for kind in Kind if kind.value.startswith(incomplete.removesuffix("s"))]


def complete_name(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """For shell completion: the names of the kind typed before that begin with `incomplete`, with their summaries."""
    try:
        found = all_named(parse_kind(context.params["kind"]))
    except BenchError:  # a completion cannot tell what is wrong; the command itself will
        return []
    return [(one.name, one.summary) for one in found if one.name.startswith(incomplete)]


def _recipes() -> list[Named]:
    from bench.training.recipe import recipe_names, recipe_summary

    return [Named(name, recipe_summary(name)) for name in recipe_names()]


def _protocols() -> list[Named]:
    from bench.running.protocol import PROTOCOLS

    return [Named(name, words) for name, words in PROTOCOLS.items()]


def _papers() -> list[Named]:
    from bench.reproducing.library import paper_names, paper_summary

    return [Named(name, paper_summary(name)) for name in paper_names()]


def _ablations() -> list[Named]:
    from bench.ablation.file import ablation_names, read_ablation

    return [Named(name, read_ablation(name).summary) for name in ablation_names()]


def _suites() -> list[Named]:
    return [_suite(name) for name in suite_names()]


def _plugins() -> list[Named]:
    return [Named(plugin.name, _brought_by(plugin), plugin.broken) for plugin in all_plugins()]


_LISTS: dict[Kind, Callable[[], list[Named]]] = {
    Kind.RECIPE: _recipes,
    Kind.PROTOCOL: _protocols,
    Kind.PAPER: _papers,
    Kind.ABLATION: _ablations,
    Kind.SUITE: _suites,
    Kind.PLUGIN: _plugins,
}
"""How the names are found of the kinds that have no registry."""
