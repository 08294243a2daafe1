"""One registered name, known before its file is imported."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from traceback import extract_tb
from typing import Any

from bench.errors import BenchError

from .source import Source


@dataclass(frozen=True)
class Entry:
    """One registered name: its kind, where it is defined, and how its docstring begins.

    `broken` says why it cannot be used, as far as that shows without importing it, or is empty. `decorated` says
    whether the object must have been registered by its decorator under this very name.
    """

    name: str
    kind: str
    source: Source = field(repr=False)
    attribute: str
    path: Path
    line: int
    summary: str
    broken: str = ""
    decorated: bool = False

    @property
    def origin(self) -> str:
        """`file:line` of the definition."""
        return f"{self.path}:{self.line}" if self.line else str(self.path)

    def resolve(self) -> Any:
        """Import the file and return the registered object. Raises `BenchError` with the reason if that fails."""
        try:
            found = reduce(getattr, self.attribute.split("."), self.source.load())
        except BenchError:
            raise
        except (Exception, SystemExit) as error:  # a script that ends itself must not end the benchmark
            why = f"{type(error).__name__}: {error}{self._raised_at(error)}"
            raise BenchError(f"'{self.name}' ({self.origin}) is broken: {why}") from error
        if self.decorated:
            self._require_decorated(found)
        return found

    def _raised_at(self, error: BaseException) -> str:
        """Where in the file itself running it failed, in words; empty where that is not known."""
        lines = [one.lineno for one in extract_tb(error.__traceback__) if one.filename == str(self.path)]
        return f" (line {lines[-1]} of {self.path.name})" if lines else ""

    def _require_decorated(self, found: Any) -> None:
        kind, name = getattr(found, "registered_as", None), getattr(found, "name", None)
        if (kind, name) != (self.kind, self.name):
            said = f"it is registered as the {kind} '{name}'" if kind else "it is not registered"
            raise BenchError(
                f"'{self.name}' ({self.origin}) is broken: {said}. Write @bench.{self.kind}(\"{self.name}\") above it, "
                f"as its entry point in {self.source.label} calls it."
            )
