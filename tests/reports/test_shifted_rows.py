"""Rows in which covariate-shifted sets count as ID: a title of their own, and the accuracy on each set."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

from bench.running.rows import rows_to_frame

about = import_module("bench.reports.about")
blocks = import_module("bench.reports.blocks")
csv_table = import_module("bench.reports.csv_table")

MakeRow = Callable[..., dict[str, Any]]
MILD, STRONG = "corrupt:cifar10:fog:1", "corrupt:cifar10:fog:5"


def blocks_of(*rows: dict[str, Any]) -> Any:
    return blocks.blocks_of(rows_to_frame(rows))


@pytest.mark.parametrize(
    ("shifted", "title"),
    [
        ({}, "cifar10"),
        ({MILD: 0.9}, f"cifar10 + {MILD}"),
        ({MILD: 0.9, STRONG: None}, f"cifar10 + {MILD} + {STRONG}"),
        ({MILD: 0.9, STRONG: 0.5, "x": 0.1}, "cifar10 + 3 shifted sets"),
    ],
)
def test_a_title_says_what_counts_as_in_distribution(make_row: MakeRow, shifted: Any, title: str) -> None:
    [block] = blocks_of(make_row(shifted=shifted))
    assert block.id == title


def test_rows_with_and_without_shifted_sets_are_never_in_one_block(make_row: MakeRow) -> None:
    """Though all else, the number of images and their notes included, is the same."""
    rows = [make_row(shifted=shifted) for shifted in ({}, {MILD: 0.9}, {STRONG: 0.9})]
    assert len(blocks_of(*rows)) == 3
    same = [make_row(shifted={MILD: accuracy}, seed=seed) for seed, accuracy in enumerate((0.9, 0.8))]
    assert len(blocks_of(*same)) == 1


def test_the_accuracy_on_each_set_is_told_as_a_mean_over_seeds(make_row: MakeRow) -> None:
    rows = [
        make_row(seed=seed, weights=str(seed), id_accuracy=0.92, shifted={MILD: accuracy, STRONG: None})
        for seed, accuracy in enumerate((0.90, 0.80))
    ]
    [block] = blocks_of(*rows)
    words = about.accuracy(block)
    assert words.startswith(f"ID accuracy: 92.00 ± 0.00 % ({MILD}: 85.00 ± 7.07 %, {STRONG}: –)")
    [line] = csv.DictReader(io.StringIO(csv_table.csv_table([block])))
    assert json.loads(line["shifted_accuracy"]) == {MILD: pytest.approx(0.85), STRONG: None}
    [plain] = csv.DictReader(io.StringIO(csv_table.csv_table(blocks_of(make_row()))))
    assert plain["shifted_accuracy"] == ""
