"""How far one number per image tells two sets apart, in whichever direction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bench.metrics import auroc

from .statistics import Values


@dataclass(frozen=True)
class Separation:
    """A statistic, its AUROC without regard to direction in [0.5, 1], and in words how OOD images differ in it."""

    statistic: str
    auroc: float
    reads: str


def separations(ids: Mapping[str, Values], oods: Mapping[str, Values]) -> list[Separation]:
    """Every statistic that both sets have, the one that tells most first."""
    found = [_separation(name, ids[name], oods[name]) for name in ids if name in oods]
    return sorted(found, key=lambda one: -one.auroc)


def _separation(name: str, ids: Values, oods: Values) -> Separation:
    """The better of the statistic itself and of its distance from the ID images' median."""
    usual = np.median(ids)
    itself, distance = auroc(ids, oods), auroc(np.abs(ids - usual), np.abs(oods - usual))
    if max(itself, 1 - itself) >= max(distance, 1 - distance):
        return Separation(name, max(itself, 1 - itself), f"{'smaller' if itself > 0.5 else 'larger'} in OOD images")
    # A set whose values all lie in the middle of the ID images' differs in this alone.
    words = f"{'nearer to' if distance > 0.5 else 'further from'} the usual value in OOD images"
    return Separation(name, max(distance, 1 - distance), words)
