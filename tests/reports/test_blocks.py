from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

from bench.errors import BenchError
from bench.running.rows import rows_to_frame

blocks = import_module("bench.reports.blocks")

MakeRow = Callable[..., dict[str, Any]]


def labels(*rows: dict[str, Any]) -> list[list[str]]:
    return [block.labels for block in blocks.blocks_of(rows_to_frame(rows))]


def test_nothing_to_report_is_an_error() -> None:
    with pytest.raises(BenchError, match="no finished cells"):
        blocks.blocks_of(rows_to_frame([]))


@pytest.mark.parametrize(
    "difference",
    [{"protocol": "paper-oracle"}, {"network": "vgg13"}, {"id": "svhn"}, {"n_id": 9}, {"id_note": "other"}],
)
def test_what_was_not_measured_alike_is_in_another_block(make_row: MakeRow, difference: dict[str, Any]) -> None:
    assert len(blocks.blocks_of(rows_to_frame([make_row(), make_row(method="odin", **difference)]))) == 2


@pytest.mark.parametrize("difference", [{"ood": "isun"}, {"n_ood": 9}, {"ood_note": "bound"}, {"tuned_on": "isun"}])
def test_other_images_or_tuning_make_another_section(make_row: MakeRow, difference: dict[str, Any]) -> None:
    (block,) = blocks.blocks_of(rows_to_frame([make_row(), make_row(method="odin", **difference)]))
    assert [len(section.entries) for section in block.sections] == [1, 1]


def test_order_of_appearance_is_kept_and_seeds_ascend(make_row: MakeRow) -> None:
    rows = [make_row(ood=ood, method=method, seed=s) for ood in "zab" for method in ("odin", "msp") for s in (2, 0, 1)]
    (block,) = blocks.blocks_of(rows_to_frame(rows))
    assert [section.ood for section in block.sections] == ["z", "a", "b"]
    assert block.labels == ["odin", "msp"]
    assert {entry.seeds for entry in block.entries} == {(0, 1, 2)}


def test_a_cell_given_twice_counts_once(make_row: MakeRow) -> None:
    (block,) = blocks.blocks_of(rows_to_frame([make_row(), make_row()]))
    assert [len(entry.rows) for entry in block.entries] == [1]


def test_fixed_parameters_that_differ_make_two_methods_named_by_the_difference(make_row: MakeRow) -> None:
    rows = [make_row(method="odin", parameters={"T": 1000, "epsilon": e}) for e in (0.001, 0.002)]
    assert labels(*rows, make_row()) == [["odin (epsilon=0.001)", "odin (epsilon=0.002)", "msp"]]


def test_fixed_parameters_that_differ_between_seeds_are_not_averaged(make_row: MakeRow) -> None:
    rows = [make_row(method="odin", parameters={"epsilon": e}, seed=s) for s, e in enumerate((0.001, 0.002))]
    assert labels(*rows) == [["odin (epsilon=0.001)", "odin (epsilon=0.002)"]]


def test_parameters_that_differ_only_between_sets_need_no_name(make_row: MakeRow) -> None:
    rows = [make_row(method="odin", ood=ood, parameters={"epsilon": e}) for ood, e in (("a", 0.001), ("b", 0.002))]
    assert labels(*rows) == [["odin"]]


def test_tuned_parameters_may_differ_between_seeds(make_row: MakeRow) -> None:
    rows = [
        make_row(method="odin", parameters={"epsilon": e}, seed=s, tuned_on="noise")
        for s, e in enumerate((0.001, 0.002))
    ]
    assert labels(*rows) == [["odin"]]


def test_networks_of_two_objectives_are_named(make_row: MakeRow) -> None:
    rows = [make_row(objective=objective) for objective in ("cross-entropy", "learned-confidence")]
    assert labels(*rows) == [["msp (cross-entropy)", "msp (learned-confidence)"]]


def test_two_networks_of_one_seed_are_told_apart_by_their_weights(make_row: MakeRow) -> None:
    assert labels(make_row(weights="aaaaaaaaaaaa"), make_row(weights="bbbbbbbbbbbb")) == [
        ["msp [weights aaaaaaaa]", "msp [weights bbbbbbbb]"]
    ]


def test_cells_that_differ_in_nothing_shown_are_told_apart_by_their_keys(make_row: MakeRow) -> None:
    rows = [make_row() | {"key": key} for key in ("1111111122", "3333333344")]
    assert labels(*rows) == [["msp [cell 11111111]", "msp [cell 33333333]"]]


def test_one_seed_of_a_block(make_row: MakeRow) -> None:
    rows = [make_row(seed=seed, ood=ood) for seed, ood in ((0, "a"), (1, "a"), (1, "b"))]
    (block,) = blocks.blocks_of(rows_to_frame(rows))
    assert [section.ood for section in block.only_seed(0).sections] == ["a"]
    assert [entry.seeds for entry in block.only_seed(1).entries] == [(1,), (1,)]


def test_a_foreign_network_has_no_seed(make_row: MakeRow) -> None:
    (block,) = blocks.blocks_of(rows_to_frame([make_row(seed=None), make_row(seed=None, ood="isun", id_accuracy=None)]))
    assert block.seeds == [None]
    assert block.entries[1].rows[0].id_accuracy is None
