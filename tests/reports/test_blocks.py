from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

from bench.errors import BenchError
from bench.running.network import NO_NETWORK
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
    [
        {"protocol": "paper-oracle"},
        {"network": "vgg13"},
        {"id": "svhn"},
        {"n_id": 9},
        {"id_note": "other"},
        {"precision": "bf16"},
    ],
)
def test_what_was_not_measured_alike_is_in_another_block(make_row: MakeRow, difference: dict[str, Any]) -> None:
    assert len(blocks.blocks_of(rows_to_frame([make_row(), make_row(method="odin", **difference)]))) == 2


@pytest.mark.parametrize("difference", [{"ood": "isun"}, {"n_ood": 9}, {"ood_note": "bound"}])
def test_other_images_make_another_section(make_row: MakeRow, difference: dict[str, Any]) -> None:
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


def test_one_network_with_two_normalisations_is_told_apart_by_them(make_row: MakeRow) -> None:
    one, two = make_row(seed=None), make_row(seed=None, transform="imagenet 32x32")
    assert labels(one, two) == [["msp [cifar10 32x32]", "msp [imagenet 32x32]"]]
    assert labels(one, two | {"weights": "bbbbbbbbbbbb"}) == [
        ["msp [cifar10 32x32, weights 01234567]", "msp [imagenet 32x32, weights bbbbbbbb]"]
    ]


def test_of_two_normalisations_each_may_have_several_seeds(make_row: MakeRow) -> None:
    rows = [make_row(seed=seed, transform=one, weights=f"{seed}") for seed in (0, 1) for one in ("a", "b")]
    (block,) = blocks.blocks_of(rows_to_frame(rows))
    assert {entry.label: entry.seeds for entry in block.entries} == {"msp [a]": (0, 1), "msp [b]": (0, 1)}


def test_rows_from_before_the_transform_was_told_are_read(make_row: MakeRow) -> None:
    rows = [make_row() | {"key": key} for key in ("1111111122", "3333333344")]
    (block,) = blocks.blocks_of(rows_to_frame(rows).drop(columns="transform"))
    assert block.labels == ["msp [cell 11111111]", "msp [cell 33333333]"]


def test_cells_that_differ_in_nothing_shown_are_told_apart_by_their_keys(make_row: MakeRow) -> None:
    rows = [make_row() | {"key": key} for key in ("1111111122", "3333333344")]
    assert labels(*rows) == [["msp [cell 11111111]", "msp [cell 33333333]"]]


def test_the_parts_of_a_block_by_seed(make_row: MakeRow) -> None:
    rows = [make_row(seed=seed, ood=ood) for seed, ood in ((0, "a"), (1, "a"), (1, "b"))]
    (block,) = blocks.blocks_of(rows_to_frame(rows))
    zero, one = block.by_seed()
    assert [section.ood for section in zero.sections] == ["a"]
    assert [entry.seeds for entry in one.entries] == [(1,), (1,)]
    assert block.by_seed_or_none() == [zero, one]


def test_a_foreign_network_has_no_seed(make_row: MakeRow) -> None:
    (block,) = blocks.blocks_of(rows_to_frame([make_row(seed=None), make_row(seed=None, ood="isun", id_accuracy=None)]))
    assert block.seeds == [None]
    assert block.entries[1].rows[0].id_accuracy is None


BASELINE = {"method": "brightness", "network": "none", "objective": "none", "seed": None, "id_accuracy": None}


def test_the_name_of_no_network_is_the_engine_s() -> None:
    assert import_module("bench.reports.result_row").NO_NETWORK == NO_NETWORK


def test_rows_from_before_precision_was_told_were_made_in_fp32(make_row: MakeRow) -> None:
    old = rows_to_frame([make_row(), make_row(method="odin", precision=None)])
    (block,) = blocks.blocks_of(old)
    assert (block.precision, block.labels) == ("fp32", ["msp", "odin"])


def test_methods_without_a_network_stand_with_every_network_after_its_own(make_row: MakeRow) -> None:
    rows = [make_row(**BASELINE), make_row(), make_row(network="vgg13"), make_row(network="vgg13", method="odin")]
    found = blocks.blocks_of(rows_to_frame(rows))
    assert [(block.network, block.labels) for block in found] == [
        ("resnet20", ["msp", "brightness"]),
        ("vgg13", ["msp", "odin", "brightness"]),
    ]
    assert [len(block.sections) for block in found] == [1, 1]


@pytest.mark.parametrize(
    "difference",
    [
        {"protocol": "noise"},
        {"precision": "bf16"},
        {"id": "svhn"},
        {"n_id": 9},
        {"id_note": "other"},
        {"ood": "isun"},
        {"n_ood": 9},
        {"ood_note": "bound"},
    ],
)
def test_methods_without_a_network_stand_alone_where_no_network_saw_the_images(
    make_row: MakeRow, difference: dict[str, Any]
) -> None:
    found = blocks.blocks_of(rows_to_frame([make_row(), make_row(**BASELINE | difference)]))
    assert [(block.network, block.labels) for block in found] == [("resnet20", ["msp"]), ("none", ["brightness"])]


def test_no_row_without_a_network_is_lost_or_added_where_its_images_are_not(make_row: MakeRow) -> None:
    rows = [make_row(), make_row(network="vgg13", ood="isun")]
    rows += [make_row(**BASELINE, ood=ood) for ood in ("svhn", "isun", "lsun")]
    found = {block.network: block for block in blocks.blocks_of(rows_to_frame(rows))}
    assert {name: [section.ood for section in block.sections] for name, block in found.items()} == {
        "resnet20": ["svhn"],
        "vgg13": ["isun"],
        "none": ["lsun"],
    }


def test_the_same_pixels_scored_for_two_networks_count_once(make_row: MakeRow) -> None:
    twice = [make_row(**BASELINE) | {"key": key, "fit_seconds": 1.0} for key in ("1111", "2222")]
    assert labels(make_row(), *twice) == [["msp", "brightness"]]
    other = make_row(**BASELINE, auroc=0.3) | {"key": "3333333344"}
    assert len(labels(make_row(), *twice, other)[0]) == 3


def test_what_has_nothing_to_tune_stands_with_what_was_tuned(make_row: MakeRow) -> None:
    tuned = [make_row(method="odin", tuned_on=on, protocol="heldout-ood") for on in ("isun", "lsun")]
    (block,) = blocks.blocks_of(rows_to_frame([make_row(protocol="heldout-ood"), *tuned]))
    assert [(section.tuned_on, [entry.label for entry in section.entries]) for section in block.sections] == [
        ("isun", ["msp", "odin"]),
        ("lsun", ["msp", "odin"]),
    ]


def test_a_method_tuned_and_not_tuned_on_the_same_images_is_two(make_row: MakeRow) -> None:
    rows = [make_row(method="odin"), make_row(method="odin", tuned_on="noise")]
    assert labels(*rows) == [["odin (not tuned)", "odin (tuned)"]]


def test_rows_without_a_seed_are_shown_with_every_seed_or_apart(make_row: MakeRow) -> None:
    rows = [make_row(seed=seed) for seed in (0, 1)]
    rows += [make_row(method="deep-ensemble", seed=None), make_row(**BASELINE)]
    (block,) = blocks.blocks_of(rows_to_frame(rows))
    assert block.seeds == [0, 1]

    def seeds(part: Any) -> dict[str, tuple[int | None, ...]]:
        return {entry.label: entry.seeds for entry in part.entries}

    none = {"deep-ensemble": (None,), "brightness": (None,)}
    assert [seeds(part) for part in block.by_seed()] == [{"msp": (seed,), **none} for seed in (0, 1)]
    assert [seeds(part) for part in block.by_seed_or_none()] == [none, {"msp": (0,)}, {"msp": (1,)}]
