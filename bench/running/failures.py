"""A failing cell fails alone: it is noted with its traceback, and the others go on."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import TypeVar

from bench.errors import BenchError
from bench.progress import say
from bench.store import Store
from bench.wording import counted

from .attempt import Attempt

A = TypeVar("A", bound=Attempt)


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

    def unsettled(self, cells: Sequence[A]) -> list[A]:
        """Those of `cells` that have neither a result nor failed in this run."""
        failed = {failure.path.stem for failure in self.failures}
        return [cell for cell in cells if cell.key not in failed and self.store.get(cell.key) is None]

    @contextmanager
    def guard(self, cells: Sequence[Attempt]) -> Iterator[None]:
        """Note an error in the block as a failure of those of `cells` that it leaves without an end.

        So a cell fails once, however many guards the work on it is in. An interruption by the user passes through.
        """
        try:
            yield
        except Exception as error:
            mendable = isinstance(error, BenchError)
            message = str(error) if mendable else f"{type(error).__name__}: {error}"
            stopped = self.unsettled(cells)
            for cell in stopped:
                path = self.store.put_failure(cell.key, cell.describe(), message, traceback.format_exc())
                self.failures.append(Failure(f"{cell.method.name} on {cell.place}", message, path, mendable, error))
            for place, together in groupby(stopped, lambda cell: cell.place):
                say(f"FAILED {', '.join(cell.method.name for cell in together)} on {place}: {message}")


def closing_lines(failures: Sequence[Failure]) -> list[str]:
    """What is said of failures at the end of a run: each file once, since each message was said when it came."""
    again = "it" if len(failures) == 1 else "them"
    return [
        f"{counted(len(failures), 'cell')} failed, as said above. The same command tries {again} again. Details:",
        *(f"  {failure.cell}: {failure.path}" for failure in failures),
    ]
