"""Installed packages that bring something, found by their entry points; none is imported to list what it brings."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.machinery import PathFinder
from importlib.metadata import Distribution, EntryPoint, distributions
from importlib.util import find_spec
from pathlib import Path

from .defined import find_definition
from .entry import Entry
from .kinds import GROUPS, KINDS
from .scan import is_installed
from .source import Importable, Refused

_KIND_OF_GROUP = {group: kind for kind, group in GROUPS.items()}


@dataclass(frozen=True)
class PluginPackage:
    """A distribution with entry points of ours; `broken` says why they cannot be read, or is empty."""

    distribution: str
    version: str
    entries: tuple[Entry, ...]
    modules: frozenset[str]
    broken: str = ""

    @property
    def name(self) -> str:
        """The distribution's name, by which lists name the plugin."""
        return self.distribution

    @property
    def label(self) -> str:
        """Distribution and version."""
        return f"{self.distribution} {self.version}"


def installed_packages() -> tuple[PluginPackage, ...]:
    """Every installed distribution that brings something, in the order of their names."""
    return _packages(tuple(sys.path))


def source_file(module: str) -> Path | None:
    """The file of a module, found without importing it or a package that it lies in; None where there is none."""
    root, *parts = module.split(".")
    spec = find_spec(root) if is_installed(root) and root not in ("", "__main__") else None
    name = root
    for part in parts:
        if spec is None or spec.submodule_search_locations is None:
            return None
        name = f"{name}.{part}"
        spec = PathFinder.find_spec(name, spec.submodule_search_locations)
    return Path(spec.origin) if spec is not None and spec.origin and spec.has_location else None


@cache
def _packages(search_path: tuple[str, ...]) -> tuple[PluginPackage, ...]:
    del search_path  # what is found depends on it
    installed = list(distributions())
    if not any(map(_names_a_group, installed)):
        return ()  # without reading what all of them are called
    found: dict[str, Distribution] = {}
    for one in installed:
        found.setdefault(_name(one).lower().replace("_", "-"), one)  # as Python does, the first on the path counts
    packages = [package for name in sorted(found) if (package := _package(found[name])) is not None]
    return tuple(packages)


def _package(distribution: Distribution) -> PluginPackage | None:
    if not _names_a_group(distribution):
        return None
    name, version = _name(distribution), distribution.metadata["Version"] or "of unknown version"
    try:
        points = [point for point in distribution.entry_points if point.group in _KIND_OF_GROUP]
    except (TypeError, ValueError) as error:
        return PluginPackage(name, version, (), frozenset(), f"its entry_points.txt cannot be read: {error}")
    if not points:
        return None
    entries = tuple(_entry(point, f"{name} {version}") for point in sorted(points, key=lambda one: one.name))
    return PluginPackage(name, version, entries, frozenset(_roots(points)))


def _names_a_group(distribution: Distribution) -> bool:
    text = distribution.read_text("entry_points.txt") or ""
    return any(group in text for group in _KIND_OF_GROUP)


def _entry(point: EntryPoint, label: str) -> Entry:
    kind = _KIND_OF_GROUP[point.group]
    found = EntryPoint.pattern.match(point.value)
    if found is None or not found["attr"]:
        why = f"its entry point in {label} says '{point.value}', and module:attribute is needed"
        return _refused(point, kind, label, why)
    path = source_file(found["module"])
    if path is None:
        why = f"ModuleNotFoundError: No module named '{found['module']}', which its entry point in {label} names"
        return _refused(point, kind, label, why)
    attribute = str(found["attr"])
    defined = find_definition(path, attribute)
    broken = f"{defined.broken} ({path}, {label})" if defined.broken else ""
    summary = f"broken: {broken}" if broken else defined.summary
    source = Importable(found["module"], label)
    return Entry(point.name, kind, source, attribute, path, defined.line, summary, broken, decorated=kind in KINDS)


def _refused(point: EntryPoint, kind: str, label: str, why: str) -> Entry:
    refusal = Refused(f"'{point.name}' is broken: {why}.", label)
    return Entry(point.name, kind, refusal, "", Path(label), 0, f"broken: {why}", why)


def _roots(points: list[EntryPoint]) -> Iterator[str]:
    for point in points:
        yield point.value.partition(":")[0].strip().partition(".")[0]


def _name(distribution: Distribution) -> str:
    return str(distribution.metadata["Name"] or "a distribution without a name")
