"""`bench run` with a run file: where its paths count from, and how it prints."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from bench.cli.run import run
from bench.errors import UnknownNameError

RUNNER = CliRunner()
APP = typer.Typer()
APP.command()(run)

RUN = """
method = "brightness"
id = "digits"
ood = ["grey=npz:../grey.npz"]
out = "results"
format = "json"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A run file in a folder of its own, which is not the current one."""
    np.savez(tmp_path / "grey.npz", images=np.full((3, 8, 8), 128, np.uint8))
    path = tmp_path / "runs" / "run.toml"
    path.parent.mkdir()
    path.write_text(RUN)
    return path


def test_its_paths_count_from_its_folder_and_it_chooses_the_format(file: Path) -> None:
    result = RUNNER.invoke(APP, [str(file)])
    assert result.exit_code == 0, result.exception
    [row] = json.loads(result.stdout)
    assert (row["ood"], row["n_ood"]) == ("grey", 3)
    assert (file.parent / "results" / "rows.json").exists()


def test_the_option_goes_before_the_format_of_the_file(file: Path) -> None:
    result = RUNNER.invoke(APP, [str(file), "--format", "csv"])
    assert result.exit_code == 0, result.exception
    assert result.stdout.splitlines()[0].startswith("method,id,ood")


def test_a_wrong_format_is_refused_before_anything_is_done(file: Path) -> None:
    file.write_text(RUN.replace('"json"', '"jsn"'))
    result = RUNNER.invoke(APP, [str(file)])
    assert isinstance(result.exception, UnknownNameError)
    assert "Unknown format in" in str(result.exception)
    assert "run.toml: 'jsn'. Did you mean 'json'? Known: csv, json, table." in str(result.exception)
    assert not (file.parent / "results").exists()
