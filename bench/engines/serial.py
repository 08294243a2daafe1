"""One task after the other, in this process."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from bench.engine import Engine, Report, Task, engine


@engine("serial")
class Serial(Engine):
    """One after the other in this process; nothing else is started."""

    is_remote = False

    @property
    def room(self) -> int:
        """One."""
        return 1

    def submit(self, function: Callable[[Task], Report], task: Task) -> Future[Report]:
        """Do the task now; what ends the program passes through."""
        future: Future[Report] = Future()
        try:
            future.set_result(function(task))
        except Exception as error:
            future.set_exception(error)
        return future

    def shutdown(self, *, now: bool = False) -> None:
        """Nothing to end."""
