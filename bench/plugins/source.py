"""Where registered code is loaded from: built-in files, installed packages, or nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Protocol

from bench.errors import BenchError


class Source(Protocol):
    """Something that gives the module in which a registered object is defined."""

    @property
    def label(self) -> str:
        """The distribution and version, or the content hash, of a plugin; empty for what is built in."""
        ...

    @property
    def waits(self) -> bool:
        """Whether its code may run only when one of its names is asked for."""
        ...

    def load(self) -> ModuleType:
        """The module, imported now if it was not before. Raises whatever its import raises."""
        ...


@dataclass(frozen=True)
class Importable:
    """A module of this project, or of an installed package that `label` names with its version."""

    module: str
    label: str = ""
    waits: bool = False

    def load(self) -> ModuleType:
        """The module under its own name."""
        return import_module(self.module)


@dataclass(frozen=True)
class Refused:
    """In the place of a source that cannot be used, for the `reason` that is raised instead of loading."""

    reason: str
    label: str = ""
    waits: bool = False

    def load(self) -> ModuleType:
        """Raise `BenchError` with the reason."""
        raise BenchError(self.reason)
