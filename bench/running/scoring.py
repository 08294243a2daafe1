"""Scores of fitted methods, image set by image set, in parts that bound the memory whatever the set's size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np

from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.extraction.took import UNKNOWN, Took
from bench.extraction.view import View
from bench.method_contract import Method, Scores

from .cost import Cost
from .extraction import Found, seen_by

PART_ELEMENTS = 2**25
"""Elements of the widest array, logits or features, of the images that are scored at a time."""


@dataclass(frozen=True)
class Scored:
    """The scores `(N,)` of one image set, what scoring it cost, and what passes of the method's own took before."""

    scores: Scores
    cost: Cost
    passes: Took


def score_all(
    methods: Sequence[Method],
    found: Found,
    name: str,
    guard: Callable[[Method], AbstractContextManager[None]],
) -> Iterator[tuple[Method, Scored]]:
    """The scores of each method on the set called `name`, as soon as they are complete.

    A part of the images is scored by all methods before the next, so that they share what they compute alike. `guard`
    is entered around a method's work; where it takes an error, the method is left out from then on.
    """
    count = len(next(iter(found.values())))
    parts: dict[int, list[Scores]] = {id(method): [] for method in methods}
    costs = {id(method): Cost() for method in methods}
    left = list(methods)
    for part, last in _parts(found, count):
        for method in list(left):
            left.remove(method)
            with guard(method):
                parts[id(method)].append(_score(method, part, name, costs[id(method)]))
                left.append(method)
                if last:
                    scores = np.concatenate(parts[id(method)])
                    yield method, Scored(scores, costs[id(method)], _passes_of(method, found))


def _parts(found: Found, count: int) -> Iterator[tuple[Mapping[View, Outputs], bool]]:
    width = max(max(one.logits.shape[1], one.features.shape[1]) for one in found.values())
    size = max(1, PART_ELEMENTS // max(1, width))
    for start in range(0, count, size):
        rows = slice(start, start + size)
        yield {view: outputs.take(rows) for view, outputs in found.items()}, start + size >= count


def _score(method: Method, part: Mapping[View, Outputs], name: str, cost: Cost) -> Scores:
    outputs = seen_by(method, part)
    with cost.measured(one.shared for one in part.values()):
        scores = method.score(outputs)
    if len(scores) != len(outputs):
        raise BenchError(f"{method.name} gives {len(scores)} scores for {len(outputs)} images of {name}.")
    return scores


def _passes_of(method: Method, found: Found) -> Took:
    """What the passes took for this method beyond the one forward pass that all share."""
    probes = [found[method.view()].took.get(probe, UNKNOWN) for probe in method.probes()]
    views = [found[view].took.get("logits", UNKNOWN) for view in {method.view(), *method.further_views()}]
    return sum([*probes, *views], start=Took())
