"""`bench compare` and `bench verify` on a real run: what they print, and their exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from bench.cli.compare import compare
from bench.cli.verify import verify
from bench.errors import BenchError
from bench.running.api import run

RUNNER = CliRunner()
APP = typer.Typer()
APP.command()(compare)
APP.command()(verify)


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Path, Path]:
    """Two runs of a baseline, of which the second has other shades of grey to be tested on."""
    for seed, name in enumerate("ab"):
        shades = np.random.default_rng(seed).integers(0, 120, (60, 1, 1), dtype=np.uint8)
        np.savez(tmp_path / f"{name}.npz", images=np.tile(shades, (1, 8, 8)))
        run("brightness", id="digits", ood=f"shades=npz:{tmp_path / name}.npz", out=tmp_path / name)
    return tmp_path / "a", tmp_path / "b"


def test_what_changed_is_told_and_conditions_end_with_1(runs: tuple[Path, Path]) -> None:
    first, second = map(str, runs)
    same = RUNNER.invoke(APP, ["compare", first, first, "--fail-if", "auroc changes"])
    assert same.exit_code == 0, same.exception
    assert "2 unchanged, 0 tested" in same.stdout
    other = RUNNER.invoke(APP, ["compare", first, second, "--format", "json", "--fail-if", "auroc changes"])
    assert other.exit_code == 1
    found = json.loads(other.stdout)
    assert [change["metric"] for change in found["changes"]] == ["auroc", "fpr_at_95_tpr"]
    assert all(0 < change["resolves"] < 1 for change in found["changes"])
    assert found["failed"]["auroc changes"]
    assert "Failed, auroc changes: brightness, digits / shades: auroc" in other.stderr
    table = RUNNER.invoke(APP, ["compare", first, second])
    assert "brightness, digits / shades" in table.stdout
    assert "OOD images" in table.stdout
    assert "resolves" in table.stdout


def test_an_unreadable_condition_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    result = RUNNER.invoke(APP, ["compare", str(tmp_path), str(tmp_path), "--fail-if", "worse"])
    assert isinstance(result.exception, BenchError)
    assert "Cannot read the condition" in str(result.exception)


def test_a_changed_figure_ends_with_1(runs: tuple[Path, Path]) -> None:
    sound = RUNNER.invoke(APP, ["verify", str(runs[0]), "--cells", "0"])
    assert sound.exit_code == 0, sound.exception
    assert "metrics, from the kept scores: 1 equal bit for bit, 0 differ" in sound.stdout
    (path,) = (runs[0] / "cells").glob("*.json")
    record = json.loads(path.read_text())
    del record["seal"]
    record["row"]["fpr_at_95_tpr"] += 0.001
    path.write_text(json.dumps(record))
    wrong = RUNNER.invoke(APP, ["verify", str(runs[0]), "--cells", "0"])
    assert wrong.exit_code == 1
    assert "metrics: brightness, digits / shades: differs: fpr_at_95_tpr" in wrong.stdout


def test_gone_scores_and_files_set_aside_end_with_1(runs: tuple[Path, Path]) -> None:
    (path,) = (runs[0] / "scores").glob("*.npz")
    path.unlink()
    gone = RUNNER.invoke(APP, ["verify", str(runs[0]), "--cells", "0"])
    assert gone.exit_code == 1
    assert f"{path} is missing" in gone.stdout
    assert "0 equal bit for bit, 0 differ, 1 have no scores any more, 0 could not" in gone.stdout
    (runs[1] / "damaged").mkdir()
    (runs[1] / "damaged" / "x.json").touch()
    aside = RUNNER.invoke(APP, ["verify", str(runs[1]), "--cells", "0"])
    assert aside.exit_code == 1
    assert "set aside as damaged earlier: x.json" in aside.stdout
