"""Keeping the plan of a run: only where it is sure that what the run came to is what its files say."""

from __future__ import annotations

import contextlib
import time

from bench.errors import BenchError
from bench.file_state import FileState, state_of

from .depends import given_paths, network_files, uses_training
from .execute import opening_lines
from .kept_plan import KeptPlan
from .outcome import Outcome
from .planned import planned_cells
from .preparation import Preparation

_SETTLED = 100_000_000
"""Nanoseconds after which a change of a file is sure to change its times, too."""


class Watch:
    """Looks at all that a run depends on before it is prepared, and again when it is done."""

    def __init__(self, plan: KeptPlan) -> None:
        self.plan = plan
        self.paths, self.before = None, None
        with contextlib.suppress(BenchError, OSError):  # the run will say what is wrong
            self.paths = given_paths(plan.spec)
            self.before = None if self.paths is None else _settled(state_of(self.paths))

    def keep(self, preparation: Preparation, outcome: Outcome) -> None:
        """Keep the plan of the run, which is done.

        Nothing is kept where cells failed, where something has changed since or did a moment before, and where it is
        not known what the run depends on. A plan that cannot be written is none: the run is done all the same.
        """
        if self.paths is None or self.before is None or outcome.failures:
            return
        if "train_images" in vars(preparation) and not uses_training(self.plan.spec):
            return
        with contextlib.suppress(BenchError, OSError):
            paths = [*self.paths, *network_files(preparation.needs)]
            state = _settled(state_of(paths))
            planned = [cell.key for cell in planned_cells(preparation)]  # by the weights that are in the files now
            unchanged = state_of(self.paths) == self.before and state_of(paths) == state
            if state is not None and unchanged and planned == [row["key"] for row in outcome.rows]:
                self.plan.write(planned, opening_lines(preparation), paths, state)


def _settled(state: FileState) -> FileState | None:
    return state if state.changed < time.time_ns() - _SETTLED else None
