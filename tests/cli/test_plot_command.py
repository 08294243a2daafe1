"""`bench plot` on a real run: kinds, formats, and the order of its arguments."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from bench.cli.plot import plot
from bench.errors import BenchError
from bench.running.files import stored_rows

RUNNER = CliRunner()
APP = typer.Typer()
APP.command()(plot)


def drawn(*arguments: object) -> tuple[Result, list[Path]]:
    result = RUNNER.invoke(APP, list(map(str, arguments)))
    return result, [Path(line) for line in result.stdout.splitlines()]


def test_a_kind_in_a_format_leaves_files_of_other_formats(kept: Path) -> None:
    _, usual = drawn("roc", kept)
    assert {path.suffix for path in usual} == {".png", ".svg"}
    result, paths = drawn("roc", kept, "--format", "pdf")
    assert result.exit_code == 0, result.exception
    assert [path.suffix for path in paths] == [".pdf"]
    assert paths[0].read_bytes().startswith(b"%PDF")
    assert all(path.exists() for path in usual)


@pytest.mark.parametrize("kind", [[], ["all"]])
def test_a_folder_alone_draws_all_kinds(kept: Path, kind: list[str]) -> None:
    result, paths = drawn(*kind, kept, "--format", "svg")
    assert result.exit_code == 0, result.exception
    begins = {path.name.partition("_")[0] for path in paths}
    assert begins == {
        "auroc-heatmap",
        "cost-against-auroc",
        "precision-recall-in",
        "precision-recall-out",
        "roc-curves",
        "score-histograms",
    }


def test_what_has_nothing_to_draw_says_why(kept: Path) -> None:
    result, paths = drawn("cd", kept)
    assert paths == []
    assert "ranks need two methods on the same five OOD sets" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["RUN", "roc"], "The kind comes first: bench plot roc"),
        (["RUN", "--kind", "roc-curves"], "the kind comes first, as in: bench plot roc"),
        (["rocc", "RUN"], "roc"),
        (["runs/nothing"], "There is no folder runs/nothing"),
    ],
)
def test_what_cannot_be_read_is_told(kept: Path, arguments: list[str], words: str) -> None:
    result, _ = drawn(*(kept if one == "RUN" else one for one in arguments))
    assert isinstance(result.exception, BenchError)
    assert words in str(result.exception)


def test_a_row_whose_scores_are_gone_is_left_out_and_named(kept: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(kept, folder)
    rows = {row["method"]: row["key"] for row in stored_rows(folder)}
    (folder / "scores" / f"{rows['brightness']}.npz").unlink()
    result, paths = drawn("roc", folder, "--format", "svg")
    assert result.exit_code == 0, result.exception
    assert "Left out, as their scores are gone: brightness on shades. Compute them again with: bench rerun" in (
        result.stderr
    )
    picture = paths[0].read_text(encoding="utf-8")
    assert "total-variation" in picture
    assert "brightness" not in picture
    result, paths = drawn("heatmap", folder, "--format", "svg")
    assert "Left out" not in result.stderr
    assert "brightness" in paths[0].read_text(encoding="utf-8")
    (folder / "scores" / f"{rows['total-variation']}.npz").unlink()
    result, paths = drawn("all", folder, "--format", "svg")
    assert result.exit_code == 0, result.exception
    assert {path.name.partition("_")[0] for path in paths} == {"auroc-heatmap", "cost-against-auroc"}
