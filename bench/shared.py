"""What several methods compute alike is computed once, and each method's cost still counts it in full."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Shared:
    """Results by key, for as long as what they were computed from.

    `spared` is the time in seconds that was not spent because a result was there already: a method's own cost is what
    the clock shows and what it was spared, so that it does not depend on which method came first.
    """

    def __init__(self) -> None:
        self.spared = 0.0
        self._found: dict[Hashable, tuple[Any, float]] = {}

    def once(self, key: Hashable, compute: Callable[[], T]) -> T:
        """The result of `compute`, which is called for the first question with this key only."""
        if key in self._found:
            value, seconds = self._found[key]
            self.spared += seconds
        else:
            started, before = time.perf_counter(), self.spared
            value = compute()
            self._found[key] = value, time.perf_counter() - started + self.spared - before
        result: T = value
        return result
