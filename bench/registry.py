"""Names to classes, found without importing them.

A class or function is registered by a decorator with a literal name, such as `@method("msp")`. The decorator
only attaches the name; the registry reads the files' text to find it, and imports a file when one of its
entries is first asked for. So listing names costs no import of torch, and a broken file breaks only itself.
Plugins add to the names of the kinds that they can bring.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, TypeVar

from bench.errors import BenchError, UnknownNameError
from bench.names import require_name
from bench.plugins import GROUPS, Entry, Importable, Plugin, Refused, all_plugins, plugin_entries, scan

T = TypeVar("T")


def registers(kind: str) -> Callable[[str], Callable[[T], T]]:
    """Make the decorator of one kind: `dataset = registers("dataset")`, used as `@dataset("digits")`."""

    def named(name: str) -> Callable[[T], T]:
        require_name(name, kind)

        def attach(target: T) -> T:
            target.name, target.registered_as = name, kind  # type: ignore[attr-defined]
            return target

        return attach

    return named


@dataclass(frozen=True)
class Registry:
    """All entries of one kind (`"method"`, `"dataset"`, …) in the files of one or more packages.

    With `open` what plugins bring is among them. A name that is claimed twice is listed, with both origins, and refused
    when it is asked for; it stops nothing else.
    """

    kind: str
    packages: tuple[str, ...]
    open: bool = False

    @property
    def entries(self) -> dict[str, Entry]:
        """Every entry by name, in alphabetical order."""
        return _joined(self, all_plugins()) if self.open else self.built_in

    @cached_property
    def built_in(self) -> dict[str, Entry]:
        """Every entry that is no plugin's, by name, in alphabetical order."""
        return _by_name(entry for package in self.packages for entry in _scan_package(package, self.kind))

    def names(self) -> list[str]:
        """Every name, in alphabetical order; imports nothing."""
        return list(self.entries)

    def entry(self, name: str) -> Entry:
        """The entry called `name`; raises `UnknownNameError` with the nearest known name."""
        entries = self.entries
        if name not in entries:
            raise UnknownNameError(self.kind, name, entries)
        return entries[name]

    def get(self, name: str) -> Any:
        """Import and return the object called `name`.

        Raises `UnknownNameError` if there is none, and `BenchError` if it is broken or two have that name.
        """
        return self.entry(name).resolve()

    def usable(self) -> list[str]:
        """The names of what can be imported, which is done now: for those who go through all and need none.

        What only a `bench.toml` brings, and nobody has asked for yet, is left out: going through all asks for none.
        """
        return [name for name, entry in self.entries.items() if not entry.source.waits and self._resolves(name)]

    def waiting(self) -> list[str]:
        """The names of what `usable` leaves out, since its code runs only when someone asks for it."""
        return [name for name, entry in self.entries.items() if entry.source.waits]

    def _resolves(self, name: str) -> bool:
        try:
            self.get(name)
        except BenchError:
            return False
        return True

    def __contains__(self, name: object) -> bool:
        return name in self.entries


PACKAGES: dict[str, tuple[str, ...]] = {
    "method": ("bench.methods",),
    "dataset": ("bench.datasets",),
    "corruption": ("bench.corruptions",),
    "binding_kind": ("bench.data.kinds",),
    "network": ("bench.networks",),
    "objective": ("bench.training", "bench.methods"),
    "report": ("bench.reports",),
    "ablation_report": ("bench.reports",),
    "prediction_report": ("bench.reports",),
    "report_page": ("bench.reports",),
    "leaderboard_page": ("bench.reports",),
    "typesetter": ("bench.reports",),
    "engine": ("bench.engines",),
    "suite": (),  # ours are TOML files; a package's entry points name the paths of its own
}
"""Every kind that has a registry, and the packages in whose files its decorator is looked for."""


@cache
def registry(kind: str) -> Registry:
    """The one registry of a kind; asking for it imports nothing."""
    return Registry(kind, PACKAGES[kind], open=kind in GROUPS)


@cache
def _joined(of: Registry, plugins: tuple[Plugin, ...]) -> dict[str, Entry]:
    """What is built in and what plugins bring; remembered, since each question for a name asks for it."""
    return _by_name([*of.built_in.values(), *plugin_entries(plugins, of.kind)])


def _by_name(entries: Iterable[Entry]) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for entry in entries:
        found[entry.name] = _clash(found[entry.name], entry) if entry.name in found else entry
    return dict(sorted(found.items()))


def _clash(first: Entry, second: Entry) -> Entry:
    """What stands in the place of two entries of one name."""
    labels = [f"{one.origin} ({one.source.label})" if one.source.label else one.origin for one in (first, second)]
    why = (
        f"Two {first.kind}s are called '{first.name}': {labels[0]} and {labels[1]}. Rename one of them, or leave its "
        "plugin out."
    )
    refusal = Refused(why)
    return Entry(first.name, first.kind, refusal, first.attribute, first.path, first.line, f"broken: {why}", why)


LOADED_SINCE = time.time_ns()
"""When this process began to load code, in nanoseconds: what was changed later may not be what it runs."""


def code_folders() -> list[Path]:
    """The folders of this project's code, its own and those of `methods`, `datasets` and `reports`."""
    beside = ("bench.methods", "bench.datasets", "bench.reports")
    found = [folder for package in beside for folder in importlib.import_module(package).__path__]
    return [Path(__file__).parent, *map(Path, found)]


def _scan_package(package: str, kind: str) -> Iterator[Entry]:
    folders = importlib.import_module(package).__path__
    for folder in folders:
        for path in sorted(Path(folder).glob("*.py")):
            text = path.read_text(encoding="utf-8")
            yield from scan(text, path, (kind,), Importable(f"{package}.{path.stem}"))
