from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

from bench.running.rows import rows_to_frame

about = import_module("bench.reports.about")
blocks = import_module("bench.reports.blocks")

MakeRow = Callable[..., dict[str, Any]]

BASELINE = {"method": "brightness", "network": "none", "objective": "none", "seed": None, "id_accuracy": None}
ENSEMBLE = {"method": "deep-ensemble", "seed": None, "id_accuracy": 0.95, "weights": "ensemble"}


def block_of(*rows: dict[str, Any]) -> Any:
    (block,) = blocks.blocks_of(rows_to_frame(list(rows)))
    return block


def test_accuracy_passes_over_methods_without_a_network(make_row: MakeRow) -> None:
    with_network = [make_row(), make_row(method="odin", id_accuracy=0.9, weights="other")]
    assert about.accuracy(block_of(*with_network, make_row(**BASELINE))) == about.accuracy(block_of(*with_network))
    assert about.accuracy(block_of(make_row(), make_row(**BASELINE))) == (
        "ID accuracy: 91.73 % trained with cross-entropy"
    )
    assert about.accuracy(block_of(make_row(**BASELINE))) == ""


def test_a_network_from_elsewhere_is_called_so(make_row: MakeRow) -> None:
    foreign = make_row(objective="unknown", seed=None)
    assert about.accuracy(block_of(foreign)) == "ID accuracy: 91.73 % trained elsewhere"
    both = block_of(foreign, make_row(seed=None, id_accuracy=0.9, weights="other"))
    assert about.accuracy(both) == (
        "ID accuracy: 91.73 % trained elsewhere (msp (trained elsewhere)); "
        "90.00 % trained with cross-entropy (msp (cross-entropy))"
    )


def test_an_ensemble_has_an_accuracy_of_its_own(make_row: MakeRow) -> None:
    block = block_of(make_row(), make_row(**ENSEMBLE))
    assert about.accuracy(block).endswith("; 95.00 % trained with cross-entropy (deep-ensemble)")


@pytest.mark.parametrize(
    ("rows", "words", "differ"),
    [
        ([{"seed": 0}], ", seed 0", False),
        ([{"seed": 0}, {"seed": 1}], ", mean ± sd over 2 seeds (0, 1)", False),
        ([{"seed": 0}, BASELINE], ", seed 0", False),
        ([{"seed": 0}, {"seed": 1}, BASELINE], ", mean ± sd over 2 seeds (0, 1)", False),
        ([{"seed": 0}, {"seed": 1}, ENSEMBLE], ", mean ± sd over 2 seeds (0, 1)", True),
        ([{"seed": 0}, {"seed": 1}, {"method": "odin", "seed": 0}], "", True),
        ([{"seed": None}], "", False),
    ],
)
def test_seeds_are_named_where_all_that_have_some_have_the_same(
    make_row: MakeRow,
    rows: list[dict[str, Any]],
    words: str,
    differ: bool,
) -> None:
    block = block_of(*(make_row(**row) for row in rows))
    assert about.about(block) == f"10,000 images, network resnet20, protocol published{words}"
    assert about.seeds_differ(block) == differ


def test_the_precision_is_named_where_it_is_unusual(make_row: MakeRow) -> None:
    assert about.about(block_of(make_row(precision="bf16"))) == (
        "10,000 images, network resnet20, protocol published, precision bf16, seed 0"
    )


def test_no_network_is_called_so(make_row: MakeRow) -> None:
    assert about.about(block_of(make_row(**BASELINE))) == "10,000 images, no network, protocol published"
