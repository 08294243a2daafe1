"""What a method costs besides the forward pass that all share."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.memory import watched_peak
from bench.method_contract import Method
from bench.shared import Shared


@dataclass
class Cost:
    """Seconds of work, with those that it was spared because the result was there already, and its peak memory.

    `megabytes` is None where the system does not tell, and then stays so.
    """

    seconds: float = 0.0
    megabytes: float | None = 0.0

    def __add__(self, other: Cost) -> Cost:
        both = (self.megabytes, other.megabytes)
        return Cost(self.seconds + other.seconds, None if None in both else max(b for b in both if b is not None))

    @contextmanager
    def measured(self, shared: Iterable[Shared]) -> Iterator[None]:
        """Add the work in the block, which may ask the given stores of shared results."""
        stores = list(shared)
        started, before = time.perf_counter(), sum(store.spared for store in stores)
        with watched_peak() as peak:
            yield
        spared = sum(store.spared for store in stores) - before
        total = self + Cost(time.perf_counter() - started + spared, peak.megabytes)
        self.seconds, self.megabytes = total.seconds, total.megabytes


def state_bytes(method: Method) -> int:
    """The bytes of the arrays that a fitted method keeps, each counted once."""
    found: dict[int, int] = {}
    _walk(method.state(), lambda array: found.setdefault(id(array), array.nbytes), set())
    return sum(found.values())


def _walk(value: Any, tell: Callable[[np.ndarray[Any, Any]], object], seen: set[int]) -> None:
    """Tell of every array that can be reached through containers and the attributes of our own objects."""
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, np.ndarray):
        tell(value)
    elif isinstance(value, dict):
        for one in value.values():
            _walk(one, tell, seen)
    elif isinstance(value, list | tuple):
        for one in value:
            _walk(one, tell, seen)
    elif type(value).__module__.partition(".")[0] == "bench":
        _walk(getattr(value, "__dict__", {}), tell, seen)
