"""The networks of an ensemble, found again among those that were trained on this machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import cast

from bench.canonical import content_key
from bench.networks.checkpoint import Checkpoint, plan_of
from bench.networks.classifier import NETWORKS
from bench.running.network import with_code
from bench.running.network_need import NetworkNeed
from bench.running.preparation import Preparation
from bench.running.specification import RunSpecification


class EnsemblePreparation(Preparation):
    """The preparation of a run whose ensemble has the given `members`, in their order."""

    def __init__(self, specification: RunSpecification, members: Sequence[Checkpoint]) -> None:
        self.ensemble_members = tuple(members)
        super().__init__(specification)

    def _find_ensembles(self) -> Iterator[NetworkNeed]:
        members = tuple(NetworkNeed((), checkpoint=member) for member in self.ensemble_members)
        for method in self.methods:
            if method.ensemble:
                yield NetworkNeed((method,), members=members)


def find_members(weights: str, candidates: Iterable[Checkpoint]) -> tuple[Checkpoint, ...] | None:
    """The networks, trained alike with other seeds, whose ensemble has these `weights`; None where they are not there.

    An ensemble has its members in the order of their seeds, which follow each other.
    """

    def training(one: Checkpoint) -> str:
        return content_key({name: value for name, value in plan_of(one.training).items() if name != "seed"})

    trained = [one for one in candidates if one.seed is not None]
    ordered = sorted(trained, key=lambda one: (training(one), cast(int, one.seed)))
    for _, alike in groupby(ordered, key=training):
        members = list(alike)
        for first in range(len(members)):
            for end in range(first + 2, len(members) + 1):
                chosen = members[first:end]
                if content_key(list(map(_identity, chosen))) == weights:
                    return tuple(chosen)
    return None


def _identity(checkpoint: Checkpoint) -> str:
    """What stands for a network in content keys."""
    return with_code(checkpoint.weights_hash, NETWORKS.get(checkpoint.network))
