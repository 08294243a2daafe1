"""`bench run` with corrupted sets: as OOD sets, and counted as ID."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from bench.cli.run import run
from bench.errors import BenchError

RUNNER = CliRunner()
APP = typer.Typer()
APP.command()(run)
FOG, SNOW, JPEG = (f"corrupt:digits:{kind}" for kind in ("fog:2", "snow:4", "jpeg_compression:1"))


def printed(out: Path, *arguments: str) -> str:
    command = ["--method", "brightness", "--id", "digits", "--ood", "glyphs", "--out", str(out), *arguments]
    result = RUNNER.invoke(APP, command)
    assert result.exit_code == 0, result.exception
    return result.stdout


def rows(out: Path, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(printed(out, "--format", "json", *arguments))
    return found


def test_a_corrupted_id_set_may_be_an_ood_set(tmp_path: Path) -> None:
    plain, corrupted = rows(tmp_path, "--ood", FOG)
    assert (plain["ood"], corrupted["ood"]) == ("glyphs", FOG)
    assert corrupted["ood_note"] == "fog of severity 2, CIFAR-10-C's constants"
    assert corrupted["n_ood"] == 500
    assert abs(corrupted["auroc"] - 0.5) > 0.2  # fog changes the brightness of most digits
    assert [path for path in tmp_path.rglob("*") if ":" in path.name] == []


def test_rows_with_and_without_shifted_sets_stand_apart(tmp_path: Path) -> None:
    [plain] = rows(tmp_path)
    [pooled] = rows(tmp_path, "--shifted", SNOW, "--shifted", FOG)
    assert plain["shifted"] == {}
    assert pooled["shifted"] == {FOG: None, SNOW: None}  # pixels alone: no network, no accuracy
    assert (plain["n_id"], pooled["n_id"]) == (500, 1500)
    assert (plain["id"], pooled["id"]) == ("digits", "digits")
    assert plain["auroc"] != pooled["auroc"]
    table = (tmp_path / "table.txt").read_text()
    assert "digits: 500 images" in table
    assert f"digits + {FOG} + {SNOW}" in table
    assert "full spectrum: pooled with" in table
    comparison = pd.read_csv(tmp_path / "comparison.csv")
    assert sorted(comparison["id"]) == ["digits", f"digits + {FOG} + {SNOW}"]
    assert [path for path in tmp_path.rglob("*") if ":" in path.name] == []


def test_many_shifted_sets_are_counted_in_the_title_and_named_in_the_note(tmp_path: Path) -> None:
    printed(tmp_path, "--shifted", FOG, "--shifted", SNOW, "--shifted", JPEG)
    printed(tmp_path, "--shifted", FOG, "--shifted", SNOW, "--shifted", "corrupt:digits:contrast:1")
    table = (tmp_path / "table.txt").read_text()
    assert table.count("digits + 3 shifted sets ¹: 2,000 images") == 2  # never merged, though they are called alike
    assert JPEG in table
    assert "corrupt:digits:contrast:1" in table


def test_a_run_file_says_it_too_and_the_plan_tells(tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text(f'method = "brightness"\nid = "digits"\nood = "glyphs"\nshifted = "{FOG}"\nout = "results"\n')
    result = RUNNER.invoke(APP, [str(file), "--dry-run"])
    assert f"Shifted: {FOG} (500 images) [fog of severity 2, CIFAR-10-C's constants]" in result.stdout
    assert RUNNER.invoke(APP, [str(file), "--format", "json"]).exit_code == 0
    assert json.loads((tmp_path / "results" / "rows.json").read_text())[0]["shifted"] == {FOG: None}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--shifted", "corrupt:digits:fog"], "Write corrupt:NAME:KIND:SEVERITY"),
        (["--shifted", "corrupt:digits:frog:1"], "Unknown corruption 'frog'"),
        (["--shifted", "digits"], "both the ID set and a shifted set"),
        (["--ood", FOG, "--protocol", "paper-oracle"], "would be tuned on as well"),
    ],
)
def test_bad_input_is_said(arguments: list[str], words: str, tmp_path: Path) -> None:
    command = ["--method", "brightness", "--id", "digits", "--ood", "glyphs", "--out", str(tmp_path), *arguments]
    result = RUNNER.invoke(APP, command)
    assert isinstance(result.exception, BenchError)
    assert words in str(result.exception)
