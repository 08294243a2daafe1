"""Whose turn a part of a run is, where drivers on several machines work at one address."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.canonical import content_key
from bench.leases import pauses
from bench.remote import Claims, mirror_of

from .part import Part
from .part_work import PartReport
from .planned import planned_cells
from .work import Work


class Turns:
    """The turns of a driver that is alone: each part is its own."""

    def found(self, part: Part) -> PartReport | None:
        """The report of a part that another driver has done; None for others."""
        del part
        return None

    def claim(self, part: Part) -> bool:
        """Whether the part is this driver's now, until `release`; False where another is at it or has done it."""
        del part
        return True

    def release(self, part: Part) -> None:
        """Say that this driver is done with a part, whatever came of it."""

    def end(self) -> None:
        """Say that this driver does nothing more."""

    def wait(self) -> None:
        """Let some time pass, in which others may finish what is theirs."""


class SharedTurns(Turns):
    """The turns of one of several drivers: parts are claimed at the address, and found by the slots of their cells.

    By slots, since the network of a cell that was computed elsewhere need not be on this machine.
    """

    def __init__(self, work: Work, claims: Claims) -> None:
        self._store, self._claims = work.store, claims
        planned = list(planned_cells(work.preparation))
        self._slots = {(one.need, one.ood, one.method): one.slot for one in planned}
        gone = self._store.without_scores()
        self._keys = {slot: key for key, slot in sorted(self._store.slots().items()) if key not in gone}
        self._keys |= {one.slot: one.key for one in planned if one.key and self._store.has(one.key)}
        self._waiting = pauses(lambda: "Waiting for other machines, which do what is left.")

    def found(self, part: Part) -> PartReport | None:
        """The report of a part whose cells are all at the address."""
        keys = [self._keys.get(slot, "") for slot in self._slots_of(part)]
        return PartReport(tuple(keys), ()) if all(keys) else None

    def claim(self, part: Part) -> bool:
        """Whether the part is this driver's now; one that another has just done is found in time."""
        name = self._name(part)
        if self.found(part) is not None or not self._claims.claim(name):
            return False
        self._take_in(self._claims.news())
        if self.found(part) is None:
            return True
        self._claims.release(name)
        return False

    def release(self, part: Part) -> None:
        """Say that this driver is done with a part."""
        self._claims.release(self._name(part))

    def end(self) -> None:
        """Let go of what is not done."""
        self._claims.release_all()

    def wait(self) -> None:
        """Wait a moment, and fetch what others have done."""
        next(self._waiting)
        self._take_in(self._claims.news())

    def _take_in(self, names: Sequence[str]) -> None:
        for name in names:
            folder, _, file = name.partition("/")
            if folder == "cells" and (record := self._store.get(file.removesuffix(".json"))) is not None:
                self._keys[record.get("slot", "")] = record["key"]

    def _slots_of(self, part: Part) -> Iterator[str]:
        return (self._slots[part.network, ood, method] for ood in part.ood for method in part.methods)

    def _name(self, part: Part) -> str:
        return content_key(sorted(self._slots_of(part)))


def turns_of(work: Work) -> SharedTurns | None:
    """The turns of a run whose results have an address; None for one that is alone with its folder."""
    mirror = mirror_of(work.store.folder)
    return None if mirror is None else SharedTurns(work, Claims(mirror))


def units(parts: Sequence[Part]) -> list[Part]:
    """The parts cut by OOD sets, the same on machines with other numbers of workers, so that all claim the same."""
    return [unit for part in parts for unit in part.split(len(part.ood))]
