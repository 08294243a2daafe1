"""`bench misclassification` from the command line."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from bench.cli.misclassification import misclassification
from bench.errors import BenchError
from bench.predictions.rows import COLUMNS

APP = typer.Typer()
APP.command()(misclassification)
QUICK = ["--method", "msp", "--method", "energy", "--id", "digits", "--set", "recipe.epochs=1"]


def invoked(*arguments: str) -> Result:
    return CliRunner().invoke(APP, list(arguments))


def test_it_prints_rows_in_every_format_and_resumes(tmp_path: Path) -> None:
    first = invoked(*QUICK, "--seeds", "2", "--out", str(tmp_path), "--format", "json")
    assert first.exit_code == 0, first.exception
    rows = json.loads(first.stdout)
    assert [(row["method"], row["seed"]) for row in rows] == [("msp", 0), ("energy", 0), ("msp", 1), ("energy", 1)]
    assert set(rows[0]) == set(COLUMNS)
    again = invoked(*QUICK, "--seeds", "2", "--out", str(tmp_path), "--format", "csv")
    assert "Training" not in again.stderr
    assert [float(row["auroc"]) for row in csv.DictReader(io.StringIO(again.stdout))] == [row["auroc"] for row in rows]
    table = invoked(*QUICK, "--seeds", "2", "--out", str(tmp_path))
    assert "AUPR-error ↑" in table.stdout
    assert "mean ± sd over 2 seeds" in table.stdout
    assert "4 rows; " in table.stderr
    assert f"in {tmp_path / 'misclassification'}" in table.stderr


def test_a_dry_run_does_nothing(tmp_path: Path) -> None:
    plan = invoked(*QUICK, "--out", str(tmp_path / "out"), "--dry-run")
    assert "ID: digits (500 test images)" in plan.stdout
    assert "to train for 1 epoch): msp, energy" in plan.stdout
    assert f"Cells: 2, results in {tmp_path / 'out' / 'misclassification'}" in plan.stdout
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--method", "mps", "--id", "digits"], "Did you mean 'msp'"),
        (["--method", "msp", "--id", "digit"], "Did you mean 'digits"),
        (["--method", "constant", "--id", "digits"], "constant looks at pixels alone"),
        (["--method", "msp", "--id", "digits", "--seed", "1", "--seeds", "2"], "not both"),
        (["--method", "msp", "--id", "digits", "--normalize", "cifar10"], "without one, leave it out"),
        (["--method", "deep-ensemble", "--id", "digits"], "needs networks of several seeds"),
    ],
)
def test_bad_input_is_refused(arguments: list[str], message: str) -> None:
    result = invoked(*arguments)
    assert isinstance(result.exception, BenchError), result.output
    assert message in str(result.exception)
