"""What a driver does: hand parts of a run out to an engine, count what is done, try again what a dead worker left."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

from bench.engine import Engine, EngineLostError, WorkerDiedError
from bench.progress import Progress, say
from bench.stopping import Interrupted, is_asked, region
from bench.wording import counted

from .failures import say_failed
from .part import Part, networks_first
from .part_work import PartReport, PartWork
from .turns import Turns
from .worker import Task, keeping, perform

TRIES = 3
"""How often a part is begun that workers die of; then its methods are tried in halves, each half once."""


class Driver:
    """Has the parts of a run done by an engine; their results come to the run's store, not through here."""

    function = staticmethod(perform)
    """What workers call with a task."""

    def __init__(self, work: PartWork[Any, Any], engine: Engine, turns: Turns | None = None) -> None:
        self.work, self.engine, self.turns = work, engine, turns or Turns()
        self.run = uuid.uuid4().hex
        spec = work.preparation.specification
        self.stop: Path = spec.out.absolute() / f".stop-{self.run}"
        self._died: dict[int, int] = {}
        self._halves: dict[int, list[int]] = {}

    def do(self, parts: Sequence[Part]) -> list[PartReport]:
        """The reports of the parts, in their order.

        Raises `Interrupted` if the user stopped the run, and `EngineLostError` if there is nobody to do the rest.
        """
        reports = {number: found for number, part in enumerate(parts) if (found := self._found(part)) is not None}
        self._parts, self._progress = list(parts), Progress("Cells", sum(map(len, parts)))
        self._done = sum(len(parts[number]) for number in reports)
        self._progress.update(self._done)
        todo = deque(number for number in networks_first(parts) if number not in reports)
        with keeping(self.run, self.work), region():
            try:
                with self.engine:
                    self._hand_out(todo, reports)
            except BaseException:
                self._leave()
                raise
            finally:
                self.turns.end()
            self.stop.unlink(missing_ok=True)
            if is_asked():
                raise Interrupted
        return [report for number in range(len(parts)) for report in self._in_order(number, reports)]

    def _leave(self) -> None:
        """Workers that could not be broken off find the file at their next OOD set; `bench gc` clears it away."""
        if self.engine.breaks_off:
            self.stop.unlink(missing_ok=True)
        else:
            with suppress(OSError):
                self.stop.touch()

    def _in_order(self, number: int, reports: dict[int, PartReport]) -> Iterator[PartReport]:
        """The report of a part, or those of its halves."""
        if number in reports:
            yield reports[number]
        for half in self._halves.get(number, ()):
            yield from self._in_order(half, reports)

    def _found(self, part: Part) -> PartReport | None:
        """What is in the store already need not go to another process."""
        return self.turns.found(part) or (self.work.found(part) if self.engine.is_remote else None)

    def _hand_out(self, todo: deque[int], reports: dict[int, PartReport]) -> None:
        running: dict[Future[PartReport], int] = {}
        plugins = tuple(self.work.preparation.specification.plugin)
        while (todo and not is_asked()) or running:
            while len(running) < self.engine.room and (number := self._take(todo, reports)) is not None:
                task = Task(self.run, plugins, self.work.again(), self._parts[number], self.stop)
                running[self.engine.submit(self.function, task)] = number
            if not running and todo:
                self.turns.wait()
            for future in self._next(running) if running else ():
                number = running.pop(future)
                report = self._report_of(future, number)
                if report is not None or number in self._halves:
                    self.turns.release(self._parts[number])
                if report is None:
                    todo.extendleft(reversed(self._halves.get(number, [number])))
                else:
                    reports[number] = report
                    self._tell(number, report)

    def _take(self, todo: deque[int], reports: dict[int, PartReport]) -> int | None:
        """The next part to hand out; None where there is none, or all that are left are other drivers' for now."""
        for _ in range(0 if is_asked() else len(todo)):
            number = todo.popleft()
            if self.turns.claim(self._parts[number]):
                return number
            if (report := self.turns.found(self._parts[number])) is None:
                todo.append(number)
            else:
                reports[number] = report
                self._tell(number, report)
        return None

    def _next(self, running: Iterable[Future[PartReport]]) -> set[Future[PartReport]]:
        """The next that are done; meanwhile workers are told when the user wants to stop."""
        while True:
            done, _ = wait(running, timeout=0.5, return_when=FIRST_COMPLETED)
            if is_asked() and self.engine.is_remote and not self.stop.exists():
                self.stop.touch()
            if done:
                return done
            self.engine.check()

    def _report_of(self, future: Future[PartReport], number: int) -> PartReport | None:
        """What came of a part; None where its worker died and it is to be tried again."""
        part, log = self._parts[number], self.work.log
        try:
            return future.result()
        except WorkerDiedError as error:
            self._died[number] = self._died.get(number, 0) + error.tries
            if self._died[number] < TRIES or self._halve(number):
                say(f"Trying again, since {error}: {part}")
                return None
            times = counted(self._died[number], "time")
            log.note(part, RuntimeError(f"{error}; {times} by now"))
        except EngineLostError:
            raise
        except Exception as error:
            log.note(part, error)
        return PartReport((), (log.failures[-1],))

    def _halve(self, number: int) -> bool:
        """Put two parts with half of the methods each in the place of one; False where it has one method only."""
        part = self._parts[number]
        middle = len(part.methods) // 2
        if not middle:
            return False
        self._halves[number] = [len(self._parts), len(self._parts) + 1]
        self._parts += [replace(part, methods=some) for some in (part.methods[:middle], part.methods[middle:])]
        self._died |= dict.fromkeys(self._halves[number], TRIES - 1)
        return True

    def _tell(self, number: int, report: PartReport) -> None:
        """A line for what failed elsewhere, and one for the part, with how much is done."""
        if self.engine.is_remote:
            for (place, message), together in groupby(report.failures, lambda one: (one.place, one.message)):
                say_failed([one.what for one in together], place, message)
        self._done += len(self._parts[number])
        if len(self._parts) > 1:
            self._progress.step(self._done, str(self._parts[number]))
