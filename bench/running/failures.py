"""A failing cell fails alone: it is noted with its traceback, and the others go on."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from bench.errors import BenchError
from bench.progress import say
from bench.store import Store
from bench.wording import counted

from .attempt import Attempt


@dataclass(frozen=True)
class Failure:
    """A cell that could not be evaluated, and why. `mendable` says that the user can mend it: bad input, not a bug."""

    cell: str
    message: str
    path: Path
    mendable: bool
    error: Exception


@dataclass
class FailureLog:
    """The failures of one run."""

    store: Store
    failures: list[Failure] = field(default_factory=list)

    def holds(self, cell: Attempt) -> bool:
        """Whether the cell has failed in this run."""
        return any(failure.path.stem == cell.key for failure in self.failures)

    @contextmanager
    def guard(self, cells: Sequence[Attempt]) -> Iterator[None]:
        """Note an error in the block as a failure of each of `cells`; an interruption by the user passes through."""
        try:
            yield
        except Exception as error:
            mendable = isinstance(error, BenchError)
            message = str(error) if mendable else f"{type(error).__name__}: {error}"
            for cell in cells:
                path = self.store.put_failure(cell.key, cell.describe(), message, traceback.format_exc())
                self.failures.append(Failure(f"{cell.method.name} on {cell.place}", message, path, mendable, error))
            for place, together in groupby(cells, lambda cell: cell.place):
                say(f"FAILED {', '.join(cell.method.name for cell in together)} on {place}: {message}")


def closing_lines(failures: Sequence[Failure]) -> list[str]:
    """What is said of failures at the end of a run: each file once, since each message was said when it came."""
    again = "it" if len(failures) == 1 else "them"
    return [
        f"{counted(len(failures), 'cell')} failed, as said above. The same command tries {again} again. Details:",
        *(f"  {failure.cell}: {failure.path}" for failure in failures),
    ]
