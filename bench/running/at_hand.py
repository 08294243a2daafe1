"""Which sets of a suite are at hand: one that is missing does not stop the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.data.broken import usable
from bench.data.dataset import DataSet, Place
from bench.data.images import Images
from bench.errors import MissingDataError
from bench.suites.suite import Suite

NOT_HERE = "the images are not on this machine"
"""Why a set was not run, as tables say it."""


@dataclass(frozen=True)
class AtHand:
    """The test images of sets by name, and of those that are missing how to get them."""

    images: dict[str, Images]
    missing: dict[str, str]


def load_at_hand(
    sets: Mapping[str, DataSet],
    place: Place,
    suite: Suite | None,
    *,
    role: str = "OOD",
    skip_broken: bool = False,
) -> AtHand:
    """The test images of `sets`, without broken ones if `skip_broken`; those of a suite may be missing, unless all are.

    `role` says in messages which of a suite's sets these are.

    Raises `MissingDataError` for a set that is missing and of no suite, or when all are, and `BenchError` for a set
    without images or with broken ones.
    """
    images: dict[str, Images] = {}
    missing: dict[str, str] = {}
    for name, one in sets.items():
        try:
            images[name] = usable(one.load("test", place), name, skip_broken=skip_broken)
        except MissingDataError as error:
            if suite is None:
                raise
            missing[name] = str(error)
    if suite is not None and missing and not images:
        which = f"None of the {role} sets that were asked for of the suite {suite.name} is on this machine."
        raise MissingDataError("\n".join([which, *missing.values()]))
    return AtHand(images, missing)
