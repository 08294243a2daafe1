from __future__ import annotations

import statistics
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

from bench.running.rows import rows_to_frame

blocks = import_module("bench.reports.blocks")
ranking = import_module("bench.reports.ranking")

MakeRow = Callable[..., dict[str, Any]]


def block_of(*rows: dict[str, Any]) -> Any:
    (block,) = blocks.blocks_of(rows_to_frame(list(rows)))
    return block


def test_means_over_sets_are_averaged_over_seeds(make_row: MakeRow) -> None:
    aurocs = {(0, "a"): 0.9, (0, "b"): 0.8, (1, "a"): 0.7, (1, "b"): 0.5}
    found = ranking.mean_over_sets(
        block_of(*(make_row(seed=seed, ood=ood, auroc=value) for (seed, ood), value in aurocs.items())), "msp", "auroc"
    )
    # Seed 0: 0.85, seed 1: 0.6.
    assert found.mean == pytest.approx(0.725)
    assert found.sd == pytest.approx(statistics.stdev([0.85, 0.6]))


def test_means_over_sets_with_unequal_seeds_have_no_spread(make_row: MakeRow) -> None:
    rows = [make_row(seed=0, auroc=0.9), make_row(seed=1, auroc=0.7), make_row(ood="b", auroc=0.6)]
    found = ranking.mean_over_sets(block_of(*rows), "msp", "auroc")
    assert (found.mean, found.sd) == (pytest.approx(0.7), None)


@pytest.mark.parametrize("lacking", [[], [{"ood": "b", "auroc": None}]])
def test_without_a_figure_for_every_set_there_is_no_mean(make_row: MakeRow, lacking: list[dict[str, Any]]) -> None:
    block = block_of(
        make_row(), make_row(ood="b"), make_row(method="odin"), *(make_row(method="odin", **one) for one in lacking)
    )
    assert ranking.mean_over_sets(block, "odin", "auroc") is None
    assert ranking.ranking(block) == ["msp", "odin"]


def test_the_best_mean_comes_first_and_what_lacks_sets_last(make_row: MakeRow) -> None:
    aurocs = {
        "low": (0.5, 0.6),
        "lacking": (0.99, None),
        "high": (0.9, 0.7),
        "tied": (0.6, 0.5),
        "nothing": (None, None),
    }
    rows = [
        make_row(method=method, ood=ood, auroc=value)
        for method, values in aurocs.items()
        for ood, value in zip("ab", values, strict=True)
    ]
    assert ranking.ranking(block_of(*rows)) == ["high", "low", "tied", "lacking", "nothing"]


def many(make_row: MakeRow, count: int, reference: float | None) -> Any:
    rows = [make_row(method=f"m{number}", auroc=0.9 - number / 100) for number in range(count)]
    return block_of(*rows, *([] if reference is None else [make_row(method="msp", auroc=reference)]))


@pytest.mark.parametrize(
    ("count", "reference", "others", "beside"),
    [
        (8, None, 0, ""),
        (7, 0.1, 0, ""),
        (8, 0.1, 0, "msp"),  # the ninth is the reference
        (9, None, 1, ""),
        (20, 0.1, 12, "msp"),
        (20, 0.95, 13, ""),  # the reference is among the best
    ],
)
def test_figures_show_the_best_and_the_reference(
    make_row: MakeRow, count: int, reference: float | None, others: int, beside: str
) -> None:
    block = many(make_row, count, reference)
    choice = ranking.choice_of(block)
    assert len(choice.others) == others
    assert choice.reference == beside
    assert sorted([*choice.labels, *choice.others]) == sorted(block.labels)
    assert ("msp" in choice.labels) == (reference is not None)
    assert list(choice.labels) == [label for label in block.labels if label in choice.labels]
    assert set(ranking.ranking(block)[:8]) <= set(choice.labels)
