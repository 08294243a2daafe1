"""A prepared run as work in parts: what drivers and workers know of it, whatever kind its cells are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from bench.errors import BenchError
from bench.method_contract import Method
from bench.presence import doing
from bench.stopping import Stopping, is_asked
from bench.store import Store

from .failures import Failure, FailureLog
from .network_need import NetworkNeed
from .part import Part
from .preparation import Preparation

E = TypeVar("E")
P = TypeVar("P", bound=Preparation)


@dataclass(frozen=True)
class PartReport:
    """What came of a part: the keys of its finished cells in their order, and what failed."""

    keys: tuple[str, ...]
    failures: tuple[Failure, ...]


class PartWork(ABC, Generic[P, E]):
    """The parts of one prepared run with its results in `folder`, done one after the other in this process.

    The evaluation of the last part's network, with all that was fitted on it, is kept.
    """

    def __init__(self, preparation: P, folder: Path) -> None:
        self.preparation = preparation
        self.store = Store(folder)
        self.log = FailureLog(self.store)
        self._kept: tuple[str, E] | None = None

    def again(self) -> Callable[[], PartWork[Any, Any]]:
        """What prepares the same work in another process; it can be pickled."""
        kind = cast("Callable[[Preparation], PartWork[Any, Any]]", type(self))  # each kind knows its folder
        return partial(_prepared, kind, self.preparation.again())

    @abstractmethod
    def parts(self) -> list[Part]:
        """All of the run, a part for each network."""

    @abstractmethod
    def keys(self, part: Part) -> list[str]:
        """The keys of the cells of a part, whose network is at hand."""

    @abstractmethod
    def finish(self, part: Part, ood: str) -> list[str]:
        """Evaluate the cells of a part on one of its sets, but those that the store has; the keys of the finished."""

    def estimate(self, keys: list[str]) -> None:
        """Keep how sure the figures of finished cells are; an error here leaves these finished."""

    @abstractmethod
    def make_evaluation(self, need: NetworkNeed) -> E:
        """What evaluates the cells of one network."""

    def found(self, part: Part) -> PartReport | None:
        """The report of a part whose cells are all in the store; None where one is missing or not known yet."""
        if not self.need(part).is_at_hand:
            return None
        keys = self.keys(part)
        return PartReport(tuple(keys), ()) if all(map(self.store.has, keys)) else None

    def do(self, part: Part) -> PartReport:
        """Evaluate the cells of a part that the store does not have; each is kept as soon as it is done.

        Where the user wants to stop, it ends before the next set, or after the epoch of a training. An error outside
        of single cells, as in a training, fails the part as a whole, and no other.
        """
        keys: list[str] = []
        before = len(self.log.failures)
        try:
            with doing(self.preparation.specification.out, part.to_dict()):
                for ood in part.ood:
                    if is_asked():
                        break
                    finished = self.finish(part, ood)
                    keys += finished
                    self.estimate(finished)
                else:
                    self.log.settle(part)
        except Stopping:
            pass
        except Exception as error:
            self.log.note(part, error)
        return PartReport(tuple(keys), tuple(self.log.failures[before:]))

    def need(self, part: Part) -> NetworkNeed:
        """The network of a part. Raises `BenchError` where this machine does not know it."""
        for need in self.preparation.needs:
            if need.name == part.network:
                return need
        raise BenchError(f"This machine knows no network '{part.network}' of the run. Use one version of oodbench.")

    def methods(self, part: Part) -> list[Method]:
        """The methods of a part."""
        return [method for method in self.need(part).methods if method.name in part.methods]

    def evaluation(self, part: Part) -> E:
        """The evaluation of a part's network."""
        need = self.need(part)
        if self._kept is None or self._kept[0] != need.name:
            self._kept = None  # before the next network takes memory too
            self._kept = (need.name, self.make_evaluation(need))
        return self._kept[1]


def _prepared(
    kind: Callable[[Preparation], PartWork[Any, Any]], prepare: Callable[[], Preparation]
) -> PartWork[Any, Any]:
    return kind(prepare())


def parts_of(preparation: Preparation, sets: tuple[str, ...]) -> list[Part]:
    """A part for each network, with all of its methods on these sets."""
    return [
        Part(need.name, sets, tuple(dict.fromkeys(method.name for method in need.methods)))
        for need in preparation.needs
    ]
