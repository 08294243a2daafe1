"""Marks of tables and their digits, where it is known which differences are more than chance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from bench.errors import BenchError
from bench.metrics import evaluate
from bench.report import REPORTS, CellScores, Results
from bench.running.rows import interval_columns, rows_to_frame
from bench.statistics import Placements, Spread, bootstrap, delong_test, estimate, fpr_test, hierarchical_interval

MakeRow = Callable[..., dict[str, Any]]
Floats = NDArray[np.float64]

suite_blocks = import_module("bench.reports.suite_blocks")
columns = import_module("bench.reports.columns")
summary = import_module("bench.reports.summary")


@pytest.fixture
def results(make_row: MakeRow) -> Results:
    """Methods of nearly the same quality and a bad one, three seeds each, and a baseline without a network."""
    rows, replicates = [], {}
    rng = np.random.default_rng(0)
    for seed in range(3):
        ids, oods = rng.normal(1.5, 1, 300), rng.normal(0, 1, 200)
        for method, noise, shift in (("good", 0.0, 0.05), ("alike", 0.05, 0.05), ("bad", 0.0, -1.0)):
            a = ids + shift + rng.normal(0, noise, 300)
            rows.append(_row(make_row, a, oods, method=method, seed=seed))
            replicates[rows[-1]["key"]] = bootstrap(a, oods)
    pixels = rng.normal(0.2, 1, 300), rng.normal(0, 1, 200)
    rows.append(_row(make_row, *pixels, method="pixels", network="none", objective="none", seed=None))
    replicates[rows[-1]["key"]] = bootstrap(*pixels)

    def no_scores(key: str) -> CellScores:
        raise AssertionError(key)

    return Results(rows_to_frame(rows), no_scores, replicates=replicates.get)


def _row(make_row: MakeRow, ids: Floats, oods: Floats, **changes: Any) -> dict[str, Any]:
    found = {name: (one.low, one.high) if one else None for name, one in estimate(ids, oods).intervals.items()}
    return make_row(**evaluate(ids, oods).to_dict(), **interval_columns(found), **changes)


def lines_of(results: Results, folder: Path) -> dict[str, str]:
    REPORTS.get("comparison-table")().write(results, folder)
    text = (folder / "comparison.md").read_text("utf-8").split("## 95 %")[0]
    return {
        name: line for line in text.splitlines() for name in ("good", "alike", "bad", "pixels") if f"| {name}" in line
    }


def test_what_is_not_significantly_worse_is_marked(results: Results, tmp_path: Path) -> None:
    lines = lines_of(results, tmp_path)
    assert lines["good"].count("**") == lines["alike"].count("**") == 2 * 5
    assert lines["bad"].count("**") == lines["pixels"].count("**") == 0
    assert "not significantly worse" in (tmp_path / "comparison.md").read_text("utf-8")


def test_without_resamples_the_best_alone_is_marked(results: Results, tmp_path: Path) -> None:
    lines = lines_of(Results(results.rows, results.scores), tmp_path)
    assert 0 < lines["good"].count("**") + lines["alike"].count("**") < 2 * 2 * 5
    assert "not significantly worse" not in (tmp_path / "comparison.md").read_text("utf-8")


def test_intervals_stand_in_a_table_and_in_the_csv(results: Results, tmp_path: Path) -> None:
    lines_of(results, tmp_path)
    assert "## 95 % intervals" in (tmp_path / "comparison.md").read_text("utf-8")
    found = pd.read_csv(tmp_path / "comparison.csv").set_index("method")
    assert (found["auroc_low"] < found["auroc"]).all()
    assert (found["auroc"] < found["auroc_high"]).all()
    pixels = results.rows.set_index("method").loc["pixels"]
    assert found["auroc_low"].loc["pixels"] == pixels["auroc_low"]
    good = results.rows.set_index("method").loc["good"]
    assert results.replicates is not None
    values = np.stack([results.replicates(key)[:, 0] for key in good["key"]])  # type: ignore[index]
    over_seeds = hierarchical_interval(Spread.of(list(good["auroc"]), values))
    assert over_seeds is not None
    assert (found.loc["good", "auroc_low"], found.loc["good", "auroc_high"]) == (over_seeds.low, over_seeds.high)


def test_the_text_on_the_terminal_marks_the_group(results: Results) -> None:
    text = REPORTS.get("text-table").text(results.rows, {}, results.replicates)
    marked = [line for line in text.splitlines() if "*" in line and line.strip().startswith(("good", "alike"))]
    assert len(marked) == 2


def test_a_row_whose_resamples_are_gone_is_not_in_the_group(results: Results) -> None:
    replicates = results.replicates
    assert replicates is not None
    gone = set(results.rows.set_index("method").loc["alike"]["key"])
    [block] = suite_blocks.suite_blocks(results.rows, {}, lambda key: None if key in gone else replicates(key))
    [section] = block.sections
    group = block.evidence.group(section.entries, columns.AUROC)
    assert {section.entries[place].label for place in group} in ({"good"}, {"alike"})


@pytest.fixture
def scored(make_row: MakeRow) -> Results:
    """One seed: a good method, one as good as the pixels, one below them, and two baselines without a network."""
    rng = np.random.default_rng(1)
    rows, scores, replicates = [], {}, {}
    ids, oods = rng.normal(0, 1, 400), rng.normal(0, 1, 300)
    shifts = {"good": 2.0, "level": 1.02, "below": 0.3, "pixels": 1.0, "noise": 0.0}
    for method, shift in shifts.items():
        bare = method in ("pixels", "noise")
        changes: dict[str, Any] = {"network": "none", "objective": "none", "seed": None} if bare else {}
        a, b = ids + shift + rng.normal(0, 0.5, 400), oods + rng.normal(0, 0.5, 300)
        rows.append(_row(make_row, a, b, method=method, **changes))
        scores[rows[-1]["key"]] = CellScores(a, b, None)
        replicates[rows[-1]["key"]] = bootstrap(a, b)
    return Results(rows_to_frame(rows), scores.__getitem__, replicates=replicates.get)


def test_auroc_is_compared_by_delong_as_bench_compare_does(scored: Results) -> None:
    [block] = suite_blocks.suite_blocks(scored.rows, {}, scored.replicates, scored.scores)
    [section] = block.sections
    first, second = section.entries[:2]
    a, b = (scored.scores(entry.rows[0].key) for entry in (first, second))
    expected = delong_test(Placements.of(a.id_scores, a.ood_scores), Placements.of(b.id_scores, b.ood_scores)).p_value
    assert block.evidence.p_value("auroc", first, second) == expected


def test_false_positive_rates_are_compared_by_swaps_as_bench_compare_does(scored: Results) -> None:
    [block] = suite_blocks.suite_blocks(scored.rows, {}, scored.replicates, scored.scores)
    level, pixels = (next(e for e in block.sections[0].entries if name in e.label) for name in ("level", "pixels"))
    pairs = [(one.id_scores, one.ood_scores) for one in (scored.scores(e.rows[0].key) for e in (level, pixels))]
    expected = fpr_test(*pairs).p_value
    assert expected > 1e-3  # as it is doubtful, resamples do not decide it
    assert block.evidence.p_value("fpr_at_95_tpr", level, pixels) == expected
    [unscored] = suite_blocks.suite_blocks(scored.rows, {}, scored.replicates)
    assert unscored.evidence.p_value("fpr_at_95_tpr", level, pixels) not in (0, expected)


def test_what_is_not_above_the_best_trivial_baseline_is_marked(scored: Results, tmp_path: Path) -> None:
    [block] = suite_blocks.suite_blocks(scored.rows, {}, scored.replicates, scored.scores)
    [section] = block.sections
    assert section.entries[block.evidence.best_trivial(section.entries)].label == "pixels"
    weak = {section.entries[place].label for place in block.evidence.not_above_trivial(section.entries)}
    assert weak == {"level", "below"}
    text = REPORTS.get("text-table").text(scored.rows, {}, scored.replicates, scored.scores)
    marked = {line.split()[0] for line in text.splitlines() if line.startswith("  ") and "¹" in line}
    assert marked == {"level", "below"}
    assert "¹ AUROC not significantly above the best trivial baseline (svhn pixels " in text
    REPORTS.get("comparison-table")().write(scored, tmp_path)
    assert "best trivial baseline" in (tmp_path / "comparison.md").read_text("utf-8")


def test_without_a_trivial_baseline_nothing_is_said_of_one(scored: Results) -> None:
    rows = scored.rows[scored.rows["network"] != "none"]
    text = REPORTS.get("text-table").text(rows, {}, scored.replicates, scored.scores)
    assert "trivial" not in text


@pytest.mark.parametrize(
    ("doubt", "decimals"), [(0.04, 1), (0.004, 1), (0.0011, 1), (0.0009, 2), (0.0001, 2), (0.00001, 3), (0.0000001, 3)]
)
def test_digits_follow_the_intervals(doubt: float, decimals: int) -> None:
    assert summary.decimals_for([0.91, 0.9004], higher_is_better=True, doubt=doubt) == decimals


def test_what_cannot_be_tested_says_so(results: Results, tmp_path: Path) -> None:
    gone = str(results.rows.loc[results.rows["method"] == "alike", "key"].iloc[0])

    def no_scores(key: str) -> CellScores:
        raise BenchError(key)

    known = results.replicates
    assert known is not None
    told = "alike, OOD: not tested, as its scores are gone".replace("OOD", str(results.rows["ood"].iloc[0]))
    lines_of(replace(results, scores=no_scores), tmp_path)
    assert "not tested" not in (tmp_path / "comparison.md").read_text("utf-8")
    lines_of(replace(results, scores=no_scores, replicates=lambda key: None if key == gone else known(key)), tmp_path)
    assert told in (tmp_path / "comparison.md").read_text("utf-8")
