"""`bench report` on a real run: what its options ask for is there, or refused in words."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from bench.cli.report import report
from bench.errors import BenchError
from bench.running.api import run
from bench.running.files import stored_rows

RUNNER = CliRunner()
APP = typer.Typer()
APP.command()(report)


def reported(*arguments: object) -> Result:
    return RUNNER.invoke(APP, list(map(str, arguments)))


def test_it_writes_one_file_and_prints_its_path(kept: Path) -> None:
    result = reported(kept, "--format", "md")
    assert result.exit_code == 0, result.exception
    assert "brightness" in Path(result.stdout.strip()).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--gallery-method", "brightness"], "--gallery-method says what a gallery is of. Give --gallery too"),
        (["--images", "shades=npz:x.npz"], "--images says what a gallery is of. Give --gallery too"),
        (["--transfer", "no/such/folder"], "no/such/folder is no folder. Make one with: bench ablate"),
        (["--transfer", "RUN"], "has no transfer. Make one with: bench ablate epsilon-transfer"),
        (["--transfer", "s3://bucket/run"], "s3://bucket/run"),
    ],
)
def test_what_would_not_be_shown_is_refused(
    kept: Path, arguments: list[str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    result = reported(kept, *(kept if one == "RUN" else one for one in arguments))
    assert isinstance(result.exception, BenchError)
    assert words in str(result.exception)


@pytest.mark.parametrize("output_format", ["html", "md"])
def test_a_row_whose_scores_are_gone_is_left_out_and_named(kept: Path, tmp_path: Path, output_format: str) -> None:
    folder = tmp_path / "run"
    shutil.copytree(kept, folder)
    run("total-variation", id="digits", ood=f"shades=npz:{kept.parent / 'shades.npz'}", out=folder)
    rows = {row["method"]: row["key"] for row in stored_rows(folder)}
    (folder / "scores" / f"{rows['total-variation']}.npz").unlink()
    result = reported(folder, "--format", output_format)
    assert result.exit_code == 0, result.exception
    written = Path(result.stdout.strip()).read_text(encoding="utf-8")
    assert "as their scores are gone: total-variation on shades. Compute them again" in written
    (folder / "scores" / f"{rows['brightness']}.npz").unlink()
    refused = reported(folder, "--format", output_format)
    assert isinstance(refused.exception, BenchError)
    assert "The scores of all results" in str(refused.exception)
