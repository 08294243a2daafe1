from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from bench.report import REPORTS, CellScores, Results
from bench.running.rows import rows_to_frame

blocks = import_module("bench.reports.blocks")
overview = import_module("bench.reports.overview")

MakeRow = Callable[..., dict[str, Any]]

LONG_NAMES = ("svhn", "isun", "tinyimagenet-resize", "tinyimagenet-crop", "lsun-resize", "lsun-crop", "cifar100")


def no_scores(key: str) -> CellScores:
    raise AssertionError(f"a table asked for the scores of {key}")


def block_of(*rows: dict[str, Any]) -> Any:
    (block,) = blocks.blocks_of(rows_to_frame(list(rows)))
    return block


def suite(make_row: MakeRow, methods: int, oods: tuple[str, ...], **changes: Any) -> list[dict[str, Any]]:
    return [
        make_row(
            **{"method": f"method-{m:02}", "ood": ood, "auroc": 0.5 + (7 * m % methods) / 100 + place / 50} | changes
        )
        for place, ood in enumerate(oods)
        for m in range(methods)
    ]


def lines(found: Any) -> list[list[str]]:
    return [
        [line.method.text, *(f"{cell.text}*" if cell.best else cell.text for cell in line.cells)]
        for line in found.lines
    ]


def written(rows: list[dict[str, Any]], folder: Path) -> dict[str, str]:
    results = Results(rows_to_frame(rows), no_scores)
    paths = [
        *REPORTS.get("comparison-table")().write(results, folder),
        *REPORTS.get("text-table")().write(results, folder),
    ]
    return {path.suffix[1:]: path.read_text(encoding="utf-8") for path in paths}


@pytest.mark.parametrize(
    ("methods", "oods", "needed"),
    [(8, "ab", False), (9, "a", True), (2, "abc", True), (1, "abc", True), (1, "a", False)],
)
def test_many_sets_or_methods_need_one(make_row: MakeRow, methods: int, oods: str, needed: bool) -> None:
    assert overview.needs_overview(block_of(*suite(make_row, methods, tuple(oods)))) == needed


def test_it_holds_every_auroc_and_the_means_the_best_first(make_row: MakeRow) -> None:
    figures = {"msp": (0.9, 0.8, 0.7, 0.5), "odin": (0.95, 0.7, 0.9, 0.3)}
    rows = [
        make_row(method=method, ood=ood, auroc=auroc, fpr_at_95_tpr=values[3])
        for method, values in figures.items()
        for ood, auroc in zip("abc", values, strict=False)
    ]
    found = overview.make_overview(block_of(*rows))
    assert [title.text for title in found.titles] == ["a", "b", "c", "Mean AUROC ↑", "Mean FPR@95 ↓"]
    assert lines(found) == [
        ["odin", "95.0*", "70.0", "90.0*", "85.0*", "30.0*"],
        ["msp", "90.0", "80.0*", "70.0", "80.0", "50.0"],
    ]


def test_seeds_are_averaged_and_the_means_have_spreads(make_row: MakeRow) -> None:
    rows = [make_row(ood=ood, seed=seed, auroc=0.8 + seed / 10) for ood in "abc" for seed in (0, 1)]
    [line] = lines(overview.make_overview(block_of(*rows)))
    assert line == ["msp", "85.0", "85.0", "85.0", "85.0 ± 7.1", "42.0 ± 0.0"]


def test_what_lacks_a_set_has_no_mean_and_is_last(make_row: MakeRow) -> None:
    rows = [make_row(ood=ood) for ood in "abc"]
    rows += [make_row(method="odin", ood="a", auroc=0.99), make_row(method="odin", ood="b", auroc=None)]
    assert lines(overview.make_overview(block_of(*rows))) == [
        ["msp", "91.0", "91.0", "91.0", "91.0", "42.0"],
        ["odin", "99.0*", "–", "–", "–", "–"],
    ]


def test_methods_without_a_network_compare_with_all(make_row: MakeRow) -> None:
    none = {"method": "brightness", "network": "none", "objective": "none", "seed": None, "id_accuracy": None}
    rows = [make_row(ood=ood, seed=seed) for ood in "abc" for seed in (0, 1)]
    rows += [make_row(method="odin", ood=ood, seed=seed, auroc=0.5) for ood in "abc" for seed in (0, 1)]
    assert lines(overview.make_overview(block_of(*rows, *(make_row(ood=ood, **none, auroc=0.99) for ood in "abc"))))[
        0
    ] == [
        "brightness",
        *["99.0*"] * 4,
        "42.0*",
    ]
    weak = lines(overview.make_overview(block_of(*rows, *(make_row(ood=ood, **none, auroc=0.2) for ood in "abc"))))
    assert [line[0] for line in weak if line[1].endswith("*")] == ["msp"]


def test_columns_of_one_name_are_told_apart(make_row: MakeRow) -> None:
    rows = [make_row(ood="a"), make_row(ood="a", n_ood=500, ood_note="bound"), make_row(ood="b")]
    found = overview.make_overview(block_of(*rows))
    assert [(title.text, title.marks) for title in found.titles[:3]] == [("a", (1,)), ("a", (2,)), ("b", ())]
    assert found.notes == ("10,000 images", "a: bound; 500 images")


def test_one_set_has_its_figures_alone(make_row: MakeRow) -> None:
    found = overview.make_overview(block_of(*suite(make_row, 9, ("svhn",))))
    assert [title.text for title in found.titles] == ["AUROC ↑", "FPR@95 ↓"]
    assert found.about.endswith("OOD set svhn")


def test_the_tables_begin_with_it_and_hold_the_long_ones_below(make_row: MakeRow, tmp_path: Path) -> None:
    files = written(suite(make_row, 45, LONG_NAMES), tmp_path)
    headings = [line for line in files["md"].splitlines() if line.startswith("## ")]
    assert headings == ["## Overview", "## Comparison", "## Other readings of FPR@95", "## Cost"]
    first = next(line for line in files["md"].splitlines() if line.startswith("|"))
    assert first == f"| Method | {' | '.join(LONG_NAMES)} | Mean AUROC ↑ | Mean FPR@95 ↓ |"
    assert files["md"].count("\n| ") + files["md"].count("\n|  |") >= 45 * 7 * 2
    assert "Overview." in files["tex"].split(r"\caption")[1]
    assert "S1=svhn, S2=isun, S3=tinyimagenet{-}resize" in files["tex"]


def test_of_many_methods_the_terminal_shows_the_overview_alone(make_row: MakeRow, tmp_path: Path) -> None:
    text = written(suite(make_row, 45, LONG_NAMES), tmp_path)["txt"]
    assert len([line for line in text.splitlines() if line.startswith("method-")]) == 45
    assert max(map(len, text.splitlines())) <= 100
    assert "comparison.md in the results folder has every" in text
    assert "S7=cifar100" in text
    assert "Det. err." not in text
    few = written(suite(make_row, 8, LONG_NAMES), tmp_path)["txt"]
    assert "Det. err." in few
    assert "comparison.md" not in few
    assert few.count("method-03") == 1 + 7 + 1  # in the overview, on every set, in the costs


def test_where_nothing_else_fits_the_means_stand_alone(make_row: MakeRow, tmp_path: Path) -> None:
    text = written(suite(make_row, 9, tuple(f"set{number}" for number in range(40))), tmp_path)["txt"]
    assert max(map(len, text.splitlines())) <= 100
    assert "Mean AUROC ↑   Mean FPR@95 ↓" in text
    assert "seed 0, 40 OOD sets" in text
