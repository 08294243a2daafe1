"""Verdicts, names of classes and plain facts."""

from __future__ import annotations

import numpy as np
import pytest

from bench.audit.class_names import related_class_names, shared_class_names
from bench.audit.duplicates import Duplicates
from bench.audit.facts import Facts
from bench.audit.linear_probe import ProbeResult
from bench.audit.near_duplicates import Near
from bench.audit.separation import Separation
from bench.audit.verdict import findings, verdict

BOTH = (
    "contaminated: 2 exact duplicates and 9 near-duplicates of cifar10 train; "
    "shortcut: total variation alone reaches 0.95"
)


def statistic(auroc: float) -> Separation:
    return Separation("total variation", auroc, "larger in OOD images")


def probe(auroc: float) -> ProbeResult:
    return ProbeResult("8x8 thumbnails", auroc, (100, 100))


def duplicates(exact: int, near: int | None, images: int = 1000) -> Duplicates:
    nears = None if near is None else tuple(Near(place, 0, 0.9, False, (0, 0)) for place in range(near))
    return Duplicates("cifar10 train", "other", images, tuple((place, 0) for place in range(exact)), nears)


@pytest.mark.parametrize(
    ("statistics", "probes", "doubles", "expected"),
    [
        ([statistic(0.97)], [probe(0.98)], [], "shortcut: total variation alone reaches 0.97"),
        ([statistic(1.0)], [], [], "shortcut: trivially separable, total variation alone reaches 1"),
        ([statistic(0.99996)], [], [], "shortcut: trivially separable, total variation alone reaches 0.9999"),
        ([statistic(0.7)], [probe(0.96)], [], "shortcut: a linear probe on 8x8 thumbnails reaches 0.96"),
        (
            [statistic(0.7)],
            [probe(0.8)],
            [duplicates(0, 5)],
            "sound: total variation alone reaches 0.70, a linear probe on 8x8 thumbnails 0.80",
        ),
        ([], [], [duplicates(0, 214)], "contaminated: 214 near-duplicates of cifar10 train"),
        ([], [], [duplicates(1, None)], "contaminated: 1 exact duplicate of cifar10 train"),
        (
            [statistic(0.95)],
            [],
            [duplicates(2, 9)],
            BOTH,
        ),
    ],
)
def test_verdict_says_the_worst_first_with_evidence(
    statistics: list[Separation], probes: list[ProbeResult], doubles: list[Duplicates], expected: str
) -> None:
    assert verdict(findings(statistics, probes, doubles, []), statistics, probes) == expected


def test_classes_of_one_name_are_an_overlap() -> None:
    assert [str(one) for one in findings([], [], [], [("truck", "Truck"), ("cat", "cats")])] == [
        "overlapping: both sets have classes named truck, cat"
    ]


def test_names_are_compared_without_case_plural_and_synonyms() -> None:
    ids, oods = ("automobile", "truck", "bus", "frog"), ("Trucks", "pickup_truck", "tree frog, tree-frog", "bee", "us")
    assert shared_class_names(ids, oods) == [("truck", "Trucks")]
    assert related_class_names(ids, oods) == [("truck", "pickup_truck"), ("frog", "tree frog, tree-frog")]
    assert shared_class_names(("auto, car",), ("CAR",)) == [("auto, car", "CAR")]
    assert shared_class_names((), ("a",)) == []


def test_facts_count_sizes_modes_and_constant_images() -> None:
    facts = Facts()
    colour = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    facts.add([colour, np.repeat(colour[..., :1], 3, axis=2)])
    facts.add([np.zeros((8, 4), np.float32), np.dstack([colour, colour[..., 0]])])
    assert facts.to_dict() == {
        "images": 4,
        "sizes": {"4x4": 3, "8x4": 1},
        "different_sizes": 2,
        "modes": {"RGB uint8": 1, "grey as RGB uint8": 1, "grey float32": 1, "RGBA uint8": 1},
        "constant_images": 1,
    }
    assert facts.constant == [2]
