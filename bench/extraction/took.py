"""What a part of a pass took, and whether this run saw it."""

from __future__ import annotations

import math
import os
import uuid
from dataclasses import dataclass
from functools import cache
from typing import Final


def this_process() -> str:
    """A name that tells this process from those that made what is found on disk, also from what it was forked off."""
    return _name_of(os.getpid())


@cache
def _name_of(pid: int) -> str:
    return f"{pid}-{uuid.uuid4().hex}"


@dataclass(frozen=True)
class Took:
    """Seconds by the wall clock; `earlier` are those of them that an earlier run measured. NaN: not known.

    Not processor time: threads decode the next images while the network runs, and its own work is spread over more, so
    that a count over all threads has too much in it, and one over a single thread too little.
    """

    seconds: float = 0.0
    earlier: float = 0.0

    @classmethod
    def by(cls, run: str | None, seconds: float) -> Took:
        """Seconds that `run` measured; None stands for one that did not tell its name."""
        return cls(seconds, 0.0 if run == this_process() else seconds)

    def __add__(self, other: Took) -> Took:
        return Took(self.seconds + other.seconds, self.earlier + other.earlier)


UNKNOWN: Final = Took(math.nan, math.nan)
