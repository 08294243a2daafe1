from __future__ import annotations

import csv
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from bench.report import REPORTS, CellScores, Results
from bench.running.rows import COST, rows_to_frame

blocks = import_module("bench.reports.blocks")
cost_table = import_module("bench.reports.cost_table")

MakeRow = Callable[..., dict[str, Any]]


def no_scores(key: str) -> CellScores:
    raise AssertionError(f"a table asked for the scores of {key}")


def sheet(*rows: dict[str, Any]) -> Any:
    (block,) = blocks.blocks_of(rows_to_frame(list(rows)))
    return cost_table.make_cost_table(block)


def cells(found: Any) -> dict[str, list[str]]:
    return {line.method.text: [cell.text for cell in line.cells] for line in found.lines}


def test_the_names_of_the_costs_are_the_engine_s() -> None:
    assert import_module("bench.reports.result_row").COSTS == COST


def test_costs_are_medians_over_sets_and_seeds_in_the_order_of_the_table(make_row: MakeRow) -> None:
    seconds = {("a", 0): 1.0, ("a", 1): 2.0, ("b", 0): 2.5, ("b", 1): 100.0}
    rows = [
        make_row(method=method, ood=ood, seed=seed, fit_seconds=factor * value, microseconds_per_image=0.05)
        for (ood, seed), value in seconds.items()
        for method, factor in (("odin", 1), ("msp", 0))
    ]
    found = cells(sheet(*rows))
    assert list(found) == ["odin", "msp"]
    assert found["odin"] == ["2.25", "0.050", "1.50", "0 B"]
    assert found["msp"][0] == "0"


def test_what_is_not_known_is_a_dash_and_does_not_count(make_row: MakeRow) -> None:
    unknown: dict[str, Any] = dict.fromkeys(COST)
    rows = [make_row(state_bytes=2048), make_row(ood="b", **unknown), make_row(method="odin", **unknown)]
    assert cells(sheet(*rows)) == {"msp": ["0", "0.250", "1.50", "2.00 KiB"], "odin": ["–"] * 4}
    assert sheet(rows[1], rows[2] | {"ood": "b"}) is None


def test_passes_of_an_earlier_run_are_noted(make_row: MakeRow) -> None:
    rows = [
        make_row(method=method, ood=ood, microseconds_of_earlier_passes=earlier)
        for ood, per_method in {"a": (0.0, None, 0.0), "b": (0.0, None, 0.2)}.items()
        for method, earlier in zip(("msp", "old", "odin"), per_method, strict=True)
    ]
    found = sheet(*rows)
    assert {line.method.text: line.method.marks for line in found.lines} == {"msp": (), "old": (), "odin": (1,)}
    [note] = found.notes
    assert "an earlier run made and measured" in note


def test_every_table_has_the_costs_and_says_what_they_are(make_row: MakeRow, tmp_path: Path) -> None:
    rows = [make_row(microseconds_per_image=0.0004), make_row(method="odin", state_bytes=3 * 1024**2)]
    results = Results(rows_to_frame(rows), no_scores)
    REPORTS.get("comparison-table")().write(results, tmp_path)
    REPORTS.get("text-table")().write(results, tmp_path)
    markdown, tex, text = (
        (tmp_path / name).read_text(encoding="utf-8") for name in ("comparison.md", "comparison.tex", "table.txt")
    )
    for found in (markdown, tex, text):
        assert "Work shared with other methods counts in full." in " ".join(found.split())
    assert "| Method | Fit (s) | µs per image | Peak memory (MiB) | State |" in markdown
    assert r"| msp | 0 | \< 0.001 | 1.50 | 0 B |" in markdown
    assert "| odin | 0 | 0.250 | 1.50 | 3.00 MiB |" in markdown
    assert r"msp & 0 & \textless{} 0.001 & 1.50 & 0 B \\" in tex
    assert r"$\mu$s per image" in tex
    assert "odin 0 0.250 1.50 3.00 MiB" in " ".join(text.split())


def test_the_csv_has_the_costs_as_measured(make_row: MakeRow, tmp_path: Path) -> None:
    rows = [
        make_row(seed=seed, ood=ood, fit_seconds=value, state_bytes=1536, peak_memory_mb=None)
        for (seed, ood), value in {(0, "a"): 0.1234, (1, "a"): 0.2, (0, "b"): 7.0}.items()
    ]
    REPORTS.get("comparison-table")().write(Results(rows_to_frame(rows), no_scores), tmp_path)
    with (tmp_path / "comparison.csv").open(encoding="utf-8", newline="") as file:
        a, b = csv.DictReader(file)
    assert float(a["fit_seconds"]) == pytest.approx(0.1617)
    assert (b["fit_seconds"], b["microseconds_per_image"], b["state_bytes"], b["peak_memory_mb"]) == (
        "7.0",
        "0.25",
        "1536",
        "",
    )


@pytest.mark.parametrize("count", [1023, 1024, 1024**2 - 1, 1024**2, 1024**3, 5 * 1024**4])
def test_bytes_are_told_in_units_that_are_not_too_large(count: int) -> None:
    number, unit = cost_table.byte_count(count).split()
    told = float(number.replace(",", ""))
    assert told >= 1
    assert told * 1024 ** ("B", "KiB", "MiB", "GiB").index(unit) == pytest.approx(count, rel=0.005)
