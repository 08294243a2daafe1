"""`bench ablate` and `bench toy` from the command line."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from bench.cli.ablate import ablate
from bench.cli.toy import toy
from bench.errors import BenchError

RUNNER = CliRunner()
APP = typer.Typer()
APP.command()(ablate)
APP.command()(toy)

QUICK = ["--id", "digits", "--ood", "gaussian", "--set", "recipe.epochs=1", "--set", "gaussian.count=60"]


def run(*arguments: str) -> Result:
    return RUNNER.invoke(APP, arguments)


def test_variants_are_printed_and_written_and_the_options_say_how(tmp_path: Path) -> None:
    command = ["ablate", "hints", *QUICK, "--out", str(tmp_path)]
    result = run(*command, "--format", "json")
    assert result.exit_code == 0, result.exception
    rows = json.loads(result.stdout)
    assert [row["variant"] for row in rows] == ["0", "0.5", "1"]
    assert {path.name for path in tmp_path.glob("ablation.*")} == {
        f"ablation.{ending}" for ending in ("csv", "json", "md", "tex", "png", "svg")
    }
    again = run(*command)
    assert "| Variant | gaussian |" in again.stdout
    assert "Extracting" not in again.stderr
    found = list(csv.DictReader(io.StringIO((tmp_path / "ablation.csv").read_text("utf-8"))))
    assert [(row["variant"], float(row["auroc"])) for row in found] == [(row["variant"], row["auroc"]) for row in rows]


def test_a_transfer_is_printed_and_written(tmp_path: Path) -> None:
    result = run("ablate", "epsilon-transfer", *QUICK, "--method", "odin", "--out", str(tmp_path), "--format", "csv")
    assert result.exit_code == 0, result.exception
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [row["tuned_on"] for row in rows] == ["reference", "gaussian", "noise", "id-only"]
    how = json.loads((tmp_path / "provenance.json").read_text("utf-8"))
    assert how["seconds"] > 0
    assert how["packages"]["torch"]
    assert "over epsilon = 0, the mean AUROC changes by" in (tmp_path / "ablation.md").read_text("utf-8")


@pytest.mark.parametrize("name", ["budget", "epsilon-transfer"])
def test_a_dry_run_prints_the_plan_and_writes_nothing(name: str, tmp_path: Path) -> None:
    result = run("ablate", name, *QUICK, "--out", str(tmp_path / "out"), "--dry-run")
    assert result.exit_code == 0, result.exception
    assert "to train for 1 epoch" in result.stdout
    assert "Cells: " in result.stdout.splitlines()[-1]
    assert not (tmp_path / "out").exists()


def test_a_failed_variant_is_told_and_the_exit_code_says_so(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('method = "msp"\nvary = "recipe.learning_rate"\nvalues = [0.1, 1e30]\n')
    result = run("ablate", str(file), *QUICK, "--out", str(tmp_path / "out"))
    assert result.exit_code == 2
    assert "The variant '1e+30' failed, the others did not wait for it: Training diverged" in result.stderr
    assert "| 0.1 | " in result.stdout
    assert "| 1e+30 | – |" in result.stdout


def test_bad_input_is_an_error_that_can_be_mended(tmp_path: Path) -> None:
    for arguments in (["budgt"], ["budget", "--id", "digitz"], [str(tmp_path / "no.toml")]):
        assert isinstance(run("ablate", *arguments).exception, BenchError)


def test_the_toy_writes_its_picture_and_prints_the_figures(tmp_path: Path) -> None:
    result = run("toy", "hints", "--out", str(tmp_path))
    assert result.exit_code == 0, result.exception
    assert result.stdout.startswith("share of hints 0: accuracy 0.")
    assert {path.name for path in tmp_path.iterdir()} == {"toy.png", "toy.svg"}
