"""Which commands take an address in the place of a folder, and what the others say to one."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from bench.cli.main import app
from bench.errors import BenchError

TAKE_ADDRESSES = {"run", "merge", "misclassification"}


def commands_with_out() -> set[str]:
    commands = getattr(get_command(app), "commands", {})
    return {name for name, one in commands.items() if any("--out" in option.opts for option in one.params)}


@pytest.mark.parametrize("command", sorted(commands_with_out() - TAKE_ADDRESSES))
@pytest.mark.parametrize("address", ["s3://bucket/runs/a", "S3://bucket/runs/a"])
def test_commands_that_write_to_a_folder_refuse_an_address(
    command: str, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, [command, "--out", address])
    assert isinstance(done.exception, BenchError)
    assert "This command writes to a folder" in str(done.exception)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", sorted(commands_with_out()))
def test_commands_that_write_files_refuse_stdout(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, [command, "--out", "-"])
    assert isinstance(done.exception, BenchError)
    assert "'-' is not stdout here" in str(done.exception)
    assert list(tmp_path.iterdir()) == []


def test_the_commands_that_write_to_a_folder_are_found() -> None:
    assert {"leaderboard", "train", "ablate", "reproduce", "report", "threshold", "export", "new", "audit", "toy"} <= (
        commands_with_out()
    )
