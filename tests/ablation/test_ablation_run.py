"""Carrying ablations out: on a tiny network, resumed, with variants that fail, and with passes that are shared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.ablation import run as running
from bench.ablation.file import Ablation, read_ablation
from bench.ablation.plan import Run, SharedPreparation, plan
from bench.ablation.run import Carried, check, run_ablation
from bench.engine import Engine
from bench.extraction.passing import Pass
from bench.running.execute import execute
from bench.running.outcome import Outcome

TINY = {"recipe.epochs": 1, "gaussian.count": 60}


def carry(name: str, out: Path, settings: dict[str, Any] | None = None, **options: Any) -> Carried:
    ablation = read_ablation(name)
    given = {"id": "digits", "ood": ["gaussian"], "out": out, **options}
    return run_ablation(ablation, plan(ablation, given, {**TINY, **(settings or {})}))


def test_every_variant_has_rows_with_its_name_and_value_and_a_network_of_its_own(tmp_path: Path) -> None:
    carried = carry("hints", tmp_path)
    rows = carried.outcome.rows
    assert [(row["variant"], row["value"], row["ood"]) for row in rows] == [
        ("0", 0.0, "gaussian"),
        ("0.5", 0.5, "gaussian"),
        ("1", 1.0, "gaussian"),
    ]
    assert len({row["weights"] for row in rows}) == 3
    assert (carried.failures, carried.failed, carried.bugs) == ([], {}, False)
    assert list(rows[0])[:2] == ["variant", "value"]


def test_the_same_again_computes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = carry("cutout", tmp_path).outcome.rows
    assert [(row["variant"], row["method"]) for row in first] == [
        ("with Cutout", "msp"),
        ("with Cutout", "confidence"),
        ("without Cutout", "msp"),
        ("without Cutout", "confidence"),
    ]

    def no_pass(*_: object) -> object:
        raise AssertionError("a pass over images")

    monkeypatch.setattr(Pass, "batches", no_pass)
    assert carry("cutout", tmp_path).outcome.rows == first


def test_values_of_a_method_are_seen_in_one_pass_over_each_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    passes = []
    batches = Pass.batches

    def counting(self: Pass, *arguments: Any) -> Any:
        passes.append(len(self.wanted))
        return batches(self, *arguments)

    monkeypatch.setattr(Pass, "batches", counting)
    rows = carry("epsilon", tmp_path, method=["odin", "msp"]).outcome.rows
    assert len(passes) == 2, "one over the ID set, one over the OOD set"
    assert passes[0] >= 12
    of_odin = [row for row in rows if row["method"] == "odin"]
    assert [row["value"] for row in of_odin] == [row["parameters"]["epsilon"] for row in of_odin]
    of_msp = [row["key"] for row in rows if row["method"] == "msp"]
    assert len(of_msp) == 12, "what no variant changes is measured once and stands in each"
    assert len(set(of_msp)) == 1


def two_runs(out: Path) -> tuple[Ablation, list[Run]]:
    ablation = read_ablation("cutout")
    options = {"id": "digits", "ood": ["gaussian"], "out": out, "method": ["msp"]}
    return ablation, plan(ablation, options, TINY)


def test_a_variant_whose_training_fails_stops_no_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ablation, (first, second) = two_runs(tmp_path)
    settings = {**first.specification.settings, "recipe.learning_rate": 1e30}
    broken = Run(first.variant, replace(first.specification, settings=settings))
    carried = run_ablation(ablation, [broken, second])
    assert list(carried.failed) == ["with Cutout"]
    assert "diverged" in carried.failed["with Cutout"]
    assert not carried.bugs
    assert [row["variant"] for row in carried.outcome.rows] == ["without Cutout"]
    assert list(carried.outcome.variants) == ["with Cutout", "without Cutout"]
    assert "Traceback" not in capsys.readouterr().err


def test_a_bug_in_a_variant_is_told_with_its_traceback_and_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = []

    def breaking(preparation: SharedPreparation, engine: Engine) -> Outcome:
        calls.append(preparation)
        if len(calls) == 1:
            raise ZeroDivisionError("a bug")
        return execute(preparation, engine)

    monkeypatch.setattr(running, "execute", breaking)
    carried = run_ablation(*two_runs(tmp_path))
    assert carried.bugs
    assert carried.failed == {"with Cutout": "a bug"}
    assert [row["variant"] for row in carried.outcome.rows] == ["without Cutout"]
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_the_plan_names_networks_by_variant_and_counts_cells(tmp_path: Path) -> None:
    ablation = read_ablation("cutout")
    lines = check(plan(ablation, {"id": "digits", "ood": ["gaussian", "glyphs"], "out": tmp_path / "no"}, TINY))
    assert lines[0] == "ID: digits (500 test images)"
    assert sum(line.startswith("with Cutout: convnet, ") for line in lines) == 2
    assert lines[-1] == f"Cells: 8, results in {tmp_path / 'no'}"
    assert not (tmp_path / "no").exists()
