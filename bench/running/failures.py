"""A failing cell fails alone: it is noted with its traceback, and the others go on."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from bench.canonical import content_key
from bench.errors import BenchError
from bench.progress import say
from bench.store import Store
from bench.wording import counted

from .part import Part

if TYPE_CHECKING:
    from .attempt import Attempt

A = TypeVar("A", bound="Attempt")

PART = "part"
"""The key under which the failure of a whole part says which it is, in the place of a cell."""


@dataclass(frozen=True)
class Failure:
    """What could not be evaluated, one cell or a part of a run, and why.

    `what` is the method, or what stands for several cells, and `place` on what it was tried. `mendable` says that the
    user can mend it: bad input, not a bug. `cells` is how many cells it is.
    """

    what: str
    place: str
    message: str
    path: Path
    mendable: bool
    error: Exception
    cells: int = 1

    @property
    def cell(self) -> str:
        """The name of what failed, for messages."""
        return f"{self.what} on {self.place}"

    def __reduce__(self) -> tuple[type[Failure], tuple[Any, ...]]:
        """For other processes the error is what it says: not every exception survives the way."""
        error = (BenchError if self.mendable else RuntimeError)(self.message)
        return Failure, (self.what, self.place, self.message, self.path, self.mendable, error, self.cells)


@dataclass
class FailureLog:
    """The failures of one run."""

    store: Store
    failures: list[Failure] = field(default_factory=list)

    def unsettled(self, cells: Sequence[A]) -> list[A]:
        """Those of `cells` that have neither a result nor failed in this run."""
        failed = {failure.path.stem for failure in self.failures}
        return [cell for cell in cells if cell.key not in failed and self.store.finished(cell.key) is None]

    @contextmanager
    def guard(self, cells: Sequence[Attempt]) -> Iterator[None]:
        """Note an error in the block as a failure of those of `cells` that it leaves without an end.

        So a cell fails once, however many guards the work on it is in. An interruption by the user passes through.
        """
        try:
            yield
        except Exception as error:
            mendable, message = isinstance(error, BenchError), _message(error)
            stopped = self.unsettled(cells)
            for cell in stopped:
                path = self.store.put_failure(cell.key, cell.describe(), message, traceback.format_exc())
                self.failures.append(Failure(cell.method.name, cell.place, message, path, mendable, error))
            for place, together in groupby(stopped, lambda cell: cell.place):
                say_failed([cell.method.name for cell in together], place, message)

    def note(self, part: Part, error: Exception) -> Failure:
        """Note that a part of a run failed as a whole, as where its network could not be trained."""
        message = _message(error)
        text = "".join(traceback.format_exception(error))
        path = self.store.put_failure(_key(part.to_dict()), {PART: part.to_dict()}, message, text)
        failure = Failure(part.what, part.place, message, path, isinstance(error, BenchError), error, len(part))
        self.failures.append(failure)
        say_failed([part.what], part.place, message)
        return failure

    def settle(self, part: Part) -> None:
        """Forget failures of the part, or of parts of it, that were noted before: it has come to its end now."""
        for noted in self.store.failures():
            of_part = noted["cell"].get(PART)
            if isinstance(of_part, dict) and part.holds(of_part):
                self.store.forget_failure(noted["key"])


def _key(part: dict[str, Any]) -> str:
    return content_key({PART: part})


def _message(error: Exception) -> str:
    return str(error) if isinstance(error, BenchError) else f"{type(error).__name__}: {error}"


def say_failed(methods: Sequence[str], place: str, message: str) -> None:
    """The line that is said when something fails."""
    say(f"FAILED {', '.join(methods)} on {place}: {message}")


def closing_lines(failures: Sequence[Failure]) -> list[str]:
    """What is said of failures at the end of a run: each file once, since each message was said when it came."""
    cells = sum(failure.cells for failure in failures)
    again = "it" if cells == 1 else "them"
    return [
        f"{counted(cells, 'cell')} failed, as said above. The same command tries {again} again. Details:",
        *(f"  {failure.cell}: {failure.path}" for failure in failures),
    ]
