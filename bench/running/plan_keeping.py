"""Keeping the plan of a run: only where it is sure that what the run came to is what its files say."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from bench.errors import BenchError
from bench.file_state import FileState, state_of
from bench.registry import LOADED_SINCE, code_folders

from .depends import given_paths, network_files, uses_training
from .execute import opening_lines
from .kept_plan import KeptPlan
from .outcome import Outcome
from .planned import planned_cells
from .preparation import Preparation

_SETTLED = 100_000_000
"""Nanoseconds after which a change of a file is sure to change its times, too."""


class Watch:
    """Looks at all that a run depends on before it is prepared, and again when it is done.

    Code that was changed after this process began to load it may not be what it runs: then nothing is kept.
    """

    def __init__(self, plan: KeptPlan) -> None:
        self.plan = plan
        self.paths: list[Path] = []
        self.before: FileState | None = None
        with contextlib.suppress(BenchError, OSError):  # the run will say what is wrong
            given = given_paths(plan.spec)
            if given is not None and _settled(state_of(code_folders()), LOADED_SINCE):
                self.paths = [*code_folders(), *given]
                self.before = _settled(state_of(self.paths))

    def keep(self, preparation: Preparation, outcome: Outcome) -> None:
        """Keep the plan of the run, which is done.

        Nothing is kept where cells failed, where something has changed since or did a moment before, and where it is
        not known what the run depends on. A plan that cannot be written is none: the run is done all the same.
        """
        if self.before is None or outcome.failures:
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


def _settled(state: FileState, when: int | None = None) -> FileState | None:
    """The state if it was so for a while before a moment, by default now; None otherwise."""
    return state if state.changed < (time.time_ns() if when is None else when) - _SETTLED else None
