"""Tables of a suite: its groups in order, their means against pandas, and nothing averaged without saying so."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bench.report import REPORTS, CellScores, Results
from bench.running.rows import rows_to_frame, with_groups
from bench.suites.record import SuiteRecord
from bench.suites.suite import METRICS as SUITE_METRICS

METRICS = import_module("bench.reports.result_row").METRICS
columns = import_module("bench.reports.columns")

MakeRow = Callable[..., dict[str, Any]]

SUITE = SuiteRecord(
    name="board",
    title="A board",
    id="cifar10",
    groups={"near": ("cifar100", "tinyimagenet"), "far": ("svhn", "mnist", "dtd"), "pooled": ("all-images",)},
    metrics=("auroc", "fpr_at_95_tpr_ood"),
    notes=("Its authors leave some images out.",),
    images={"cifar10": 9_000, "svhn": 10_000, "mnist": 70_000},
)
OODS = ("mnist", "gaussian", "tinyimagenet", "all-images", "dtd", "svhn", "cifar100")
"""All sets of the suite and one more, in another order than the suite's."""


def no_scores(key: str) -> CellScores:
    raise AssertionError(f"a table asked for the scores of {key}")


def some_rows(
    make_row: MakeRow, *, oods: tuple[str, ...] = OODS, seeds: tuple[int, ...] = (0, 1)
) -> list[dict[str, Any]]:
    return [
        make_row(
            method=method, ood=ood, seed=seed,
            **{name: ((7 * i + 5 * j + 3 * seed + 11 * k) % 97) / 100 for k, name in enumerate(METRICS)},
        )
        for i, method in enumerate(("msp", "energy", "knn"))
        for j, ood in enumerate(oods)
        for seed in seeds
    ]  # fmt: skip


def results(rows: list[dict[str, Any]], suite: SuiteRecord = SUITE) -> Results:
    return Results(rows_to_frame(with_groups(rows, {suite.id: suite})), no_scores, {suite.id: suite})


def written(found: Results, folder: Path) -> Mapping[str, str]:
    paths = REPORTS.get("comparison-table")().write(found, folder) + REPORTS.get("text-table")().write(found, folder)
    return {path.name: path.read_text(encoding="utf-8") for path in paths}


def test_every_metric_of_a_suite_is_one_of_the_tables() -> None:
    assert set(SUITE_METRICS) == set(METRICS)


def test_the_means_are_those_that_pandas_finds(make_row: MakeRow, tmp_path: Path) -> None:
    found = results(some_rows(make_row))
    table = pd.read_csv(io.StringIO(written(found, tmp_path)["comparison-groups.csv"]))
    by_seed = found.rows[found.rows["group"] != ""].groupby(["group", "method", "seed"])[list(METRICS)].mean()
    expected = by_seed.groupby(["group", "method"])
    assert len(table) == 3 * 3
    for _, line in table.iterrows():
        place = (line["group"], line["method"])
        for metric in METRICS:
            assert line[metric] == pytest.approx(expected.mean().loc[place, metric], abs=1e-12)
            assert line[f"{metric}_sd"] == pytest.approx(expected.std(ddof=1).loc[place, metric], abs=1e-12)
        assert line["n_sets"] == line["n_sets_of_group"] == len(SUITE.groups[line["group"]])
        assert set(line["sets"].split()) == set(SUITE.groups[line["group"]])
    assert set(table["suite"]) == {"board"}


def test_rows_carry_their_group_and_so_does_the_table_for_machines(make_row: MakeRow, tmp_path: Path) -> None:
    found = results(some_rows(make_row, seeds=(0,)))
    expected = {ood: SUITE.group_of(ood) for ood in OODS}
    assert expected["gaussian"] == ""
    assert dict(zip(found.rows["ood"], found.rows["group"], strict=True)) == expected
    lines = pd.read_csv(io.StringIO(written(found, tmp_path)["comparison.csv"]), keep_default_na=False)
    assert dict(zip(lines["ood"], lines["group"], strict=True)) == expected


def table_lines(text: str) -> list[list[str]]:
    """The cells of the first table below the heading of the comparison, blank first cells filled from above."""
    below = text.split("## Comparison")[1].split("## Other readings", maxsplit=1)[0]
    rows = [[cell.strip() for cell in line[1:-1].split("|")] for line in below.splitlines() if line.startswith("|")]
    for above, row in pairwise(rows):
        if not any(row[:3]):
            row[:3] = above[:3]
    return rows


def test_groups_follow_one_another_each_with_its_means(make_row: MakeRow, tmp_path: Path) -> None:
    found = results(some_rows(make_row, seeds=(0,)))
    head, _, *rows = table_lines(written(found, tmp_path)["comparison.md"])
    assert head[:4] == ["Group", "OOD set", "Images", "Method"]
    assert list(dict.fromkeys((row[0], row[1], row[2]) for row in rows)) == [
        ("near", "cifar100", "10,000"),
        ("near", "tinyimagenet", "10,000"),
        ("near", "mean of 2 sets", ""),
        ("far", "svhn", "10,000"),
        ("far", "mnist", "10,000"),
        ("far", "dtd", "10,000"),
        ("far", "mean of 3 sets", ""),
        ("pooled", "all-images", "10,000"),
        ("", "gaussian", "10,000"),
    ]
    near = found.rows[(found.rows["group"] == "near") & (found.rows["method"] == "msp")]
    [line] = [row for row in rows if row[1:4] == ["mean of 2 sets", "", "msp"]]
    figures = dict(zip(head, line, strict=True))
    assert float(figures["AUROC ↑"].strip("*")) == pytest.approx(100 * near["auroc"].mean(), abs=0.06)


def test_the_suites_metrics_come_first_and_one_reading_of_fpr_is_enough(make_row: MakeRow, tmp_path: Path) -> None:
    texts = written(results(some_rows(make_row, seeds=(0,))), tmp_path)
    head = table_lines(texts["comparison.md"])[0]
    titles = ["AUROC ↑", "FPR@95, OOD positive ↓", "Det. err. ↓", "AUPR-in ↑", "AUPR-out ↑"]
    assert head[4:] == titles
    assert [column.metric for column in columns.other_readings(SUITE)] == ["fpr_at_95_tpr", "fpr_at_95_tpr_band"]
    assert "FPR@95, OOD positive: share of ID images called OOD" in texts["comparison.md"]
    legend = " ".join(texts["table.txt"].split())
    assert "FPR@95, OOD positive: share of ID images called OOD" in legend
    assert "(ID positive)" not in legend
    assert columns.main_columns(None) == columns.MAIN_COLUMNS
    assert columns.other_readings(None) == columns.OTHER_READINGS


def test_the_overview_has_the_means_of_the_groups(make_row: MakeRow, tmp_path: Path) -> None:
    found = results(some_rows(make_row, seeds=(0,)))
    text = written(found, tmp_path)["comparison.md"].split("## Comparison")[0]
    head, _, *rows = [[one.strip() for one in line[1:-1].split("|")] for line in text.splitlines() if line[:1] == "|"]
    metrics = {"AUROC ↑": "auroc", "FPR@95 ↓": "fpr_at_95_tpr_ood"}
    assert head[-6:] == [f"{group} {title}" for title in metrics for group in ("near", "far", "pooled")]
    means = found.rows.groupby(["group", "method"])
    for row in rows:
        for title, cell in list(zip(head, row, strict=True))[-6:]:
            group, _, metric = title.partition(" ")
            expected = 100 * means[metrics[metric]].mean()[(group, row[0])]
            assert float(cell.strip("*")) == pytest.approx(expected, abs=0.06)


def test_a_mean_over_fewer_sets_says_which_and_stands_apart(make_row: MakeRow, tmp_path: Path) -> None:
    rows = [row for row in some_rows(make_row, seeds=(0,)) if not (row["method"] == "knn" and row["ood"] == "mnist")]
    found = results(rows)
    texts = written(found, tmp_path)
    means = {tuple(row[1:4:2]) for row in table_lines(texts["comparison.md"]) if row[1].startswith("mean of")}
    assert {one for one in means if "3" in one[0]} == {
        ("mean of 3 sets", "msp"), ("mean of 3 sets", "energy"), ("mean of 2 of 3 sets: svhn, dtd", "knn"),
    }  # fmt: skip
    assert "far: mean of 2 of 3 sets: svhn, dtd" in texts["table.txt"]
    assert "far: mean of 2 of 3 sets: svhn, dtd" in texts["comparison.tex"]
    overview = texts["comparison.md"].split("## Comparison")[0]
    assert "far: mean of 2 of 3 sets: svhn, dtd" in overview
    lines = pd.read_csv(io.StringIO(texts["comparison-groups.csv"])).set_index(["group", "method"])
    about = lines[["n_sets", "n_sets_of_group", "sets"]].to_dict("index")
    assert list(about[("far", "knn")].values()) == [2, 3, "svhn dtd"]


def test_a_lone_better_figure_over_fewer_sets_is_not_the_best(make_row: MakeRow, tmp_path: Path) -> None:
    rows = [make_row(method=method, ood=ood, auroc=0.7) for method in ("msp", "energy") for ood in SUITE.groups["near"]]
    rows.append(make_row(method="knn", ood="cifar100", auroc=0.9))
    lines = table_lines(written(results(rows), tmp_path)["comparison.md"])
    marked = {(row[1], row[3]): row[4] for row in lines if row[1].startswith("mean of")}
    assert marked == {
        ("mean of 2 sets", "msp"): "**70.0**",
        ("mean of 2 sets", "energy"): "**70.0**",
        ("mean of 1 of 2 sets: cifar100", "knn"): "90.0",
    }


def test_an_undefined_figure_leaves_its_mean_undefined(make_row: MakeRow, tmp_path: Path) -> None:
    rows = [make_row(ood=ood, fpr_at_95_tpr_band=None if ood == "cifar100" else 0.2) for ood in SUITE.groups["near"]]
    lines = pd.read_csv(io.StringIO(written(results(rows), tmp_path)["comparison-groups.csv"]))
    assert lines["fpr_at_95_tpr_band"].isna().all()
    assert lines["auroc"].notna().all()


def test_a_method_that_stands_twice_on_a_set_has_no_mean(make_row: MakeRow, tmp_path: Path) -> None:
    rows = [make_row(ood=ood, n_ood=n) for ood, n in (("cifar100", 10), ("cifar100", 20), ("tinyimagenet", 10))]
    texts = written(results(rows), tmp_path)
    assert "comparison-groups.csv" not in texts
    assert "mean of 2" not in texts["comparison.md"]
    assert "near AUROC" not in texts["comparison.md"]


def test_missing_sets_have_a_line_that_says_why(make_row: MakeRow, tmp_path: Path) -> None:
    absent = {"mnist": "the images are not here", "svhn": "the images are not here"}
    suite = SuiteRecord(**{**vars(SUITE), "absent": absent})
    rows = some_rows(make_row, oods=("cifar100", "tinyimagenet", "dtd", "svhn"), seeds=(0,))
    texts = written(results(rows, suite), tmp_path)
    lines = [row for row in table_lines(texts["comparison.md"]) if row[3].startswith("not run")]
    assert [row[:4] for row in lines] == [["far", "mnist", "", "not run: the images are not here"]]  # svhn has rows
    assert "far: mnist – not run: the images are not here" in texts["table.txt"]
    assert "mnist -- not run: the images are not here" in texts["comparison.tex"].replace("–", "--")
    assert "mean of 2 of 3 sets: svhn, dtd" in texts["table.txt"]


def test_what_must_be_known_of_a_suite_stands_once_below_its_table(make_row: MakeRow, tmp_path: Path) -> None:
    texts = written(results(some_rows(make_row, seeds=(0,))), tmp_path)
    note = (
        "Suite board, A board. Its authors leave some images out. Images here (and there): cifar10 10,000 (9,000), "
        "mnist 10,000 (70,000)."
    )
    assert texts["comparison.md"].count(note) == 1
    assert note in " ".join(texts["table.txt"].split())
    assert texts["comparison.tex"].count("Its authors leave some images out") == 1


def test_other_id_sets_and_runs_without_a_suite_stay_as_they_are(make_row: MakeRow, tmp_path: Path) -> None:
    rows = [make_row(id="svhn", ood=ood) for ood in ("cifar100", "tinyimagenet")]
    texts = written(results(rows), tmp_path)
    assert "Group" not in texts["comparison.md"]
    assert "mean of 2" not in texts["comparison.md"]
    assert "comparison-groups.csv" not in texts
    plain = tmp_path / "plain"
    plain.mkdir()
    assert written(Results(rows_to_frame(rows), no_scores), plain) == texts
