"""`bench metrics`: what it prints, and where."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
import typer

from bench.cli.metrics import metrics
from bench.errors import BenchError
from bench.metrics import evaluate

ID, OOD = np.array([0.9, 0.8, 0.7, 0.4]), np.array([0.6, 0.4, 0.3, 0.2, 0.1])


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    np.save(tmp_path / "id.npy", ID)
    (tmp_path / "ood.csv").write_text("image,score\n" + "".join(f"{k}.png,{score}\n" for k, score in enumerate(OOD)))
    return ["--id-scores", str(tmp_path / "id.npy"), "--ood-scores", str(tmp_path / "ood.csv")]


def call(*arguments: str) -> None:
    app = typer.Typer()
    app.command()(metrics)
    app(list(arguments), standalone_mode=False)


def test_json_holds_fractions_at_full_precision(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    call(*files, "--format", "json", "--tpr", "0.75")
    printed = json.loads(capsys.readouterr().out)
    assert printed == evaluate(ID, OOD, tpr=0.75).to_dict()
    assert printed["fpr_at_95_tpr_band"] is None


def test_csv_is_one_row_with_the_same_figures(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    call(*files, "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    expected = evaluate(ID, OOD).to_dict()
    assert list(row) == list(expected)
    assert float(row["aupr_in"]) == expected["aupr_in"]
    assert row["fpr_at_95_tpr_band"] == ""
    assert row["warnings"] == "tied scores: 22.2 % of the scores equal a score of the other set"


def test_table_shows_percent_and_warns_on_stderr(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    call(*files, "--tpr", "0.75")
    printed = capsys.readouterr()
    figures = dict(line.rsplit("  ", 1) for line in printed.out.splitlines()[1:])
    shown = {name.strip(): value.strip() for name, value in figures.items()}
    assert printed.out.startswith("4 ID scores, 5 OOD scores\n")
    assert shown["AUROC"] == "92.50 %"
    assert shown["FPR at 95 % TPR, ID positive"] == "40.00 %"
    assert shown["FPR at 75 % TPR, OOD positive"] == "25.00 %"
    assert shown["FPR at 95 % TPR, ID positive, mean over 94.95-95.05 %"] == "undefined"
    assert printed.err == "Warning: tied scores: 22.2 % of the scores equal a score of the other set.\n"


def test_bad_input_is_a_bench_error(files: list[str], tmp_path: Path) -> None:
    (tmp_path / "ood.csv").write_text("0.1\nnan\n")
    with pytest.raises(BenchError, match=r"ood\.csv, line 2: 'nan'"):
        call(*files)
    with pytest.raises(BenchError, match=r"Did you mean 0.95\?"):
        call("--id-scores", files[1], "--ood-scores", files[1], "--tpr", "95")


def test_scores_are_sorted_on_disk_when_asked_and_that_is_said(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call(*files, "--format", "json", "--memory", "64MiB", "--scratch", str(tmp_path / "scratch"))
    printed = capsys.readouterr()
    assert json.loads(printed.out) == evaluate(ID, OOD).to_dict()
    assert printed.err.startswith("Sorting the scores on disk, within 67.1 MB of memory.\n")


def test_scores_that_are_large_for_the_memory_are_sorted_on_disk(
    files: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The two files have some 250 bytes."""
    monkeypatch.setattr("bench.out_of_core.choose.available_bytes", lambda: 1000)
    call(*files, "--format", "json")
    printed = capsys.readouterr()
    assert "Sorting the scores on disk" in printed.err
    assert json.loads(printed.out) == evaluate(ID, OOD).to_dict()
    monkeypatch.setattr("bench.out_of_core.choose.available_bytes", lambda: 10_000)
    call(*files)
    assert "Sorting" not in capsys.readouterr().err


def test_bounds_are_shown_with_their_width(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    call(*files, "--approximate", "--tpr", "0.75")
    lines = dict(line.split("  ", 1) for line in capsys.readouterr().out.splitlines()[1:])
    assert lines["AUROC"].strip() == "92.5000 % ± 0.0001"
    assert lines["FPR at 75 % TPR, OOD positive"].strip() == "25.0000 % ± 0.0001"
    call(*files, "--approximate", "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    exact = evaluate(ID, OOD)
    assert float(row["aupr_in_low"]) <= exact.aupr_in <= float(row["aupr_in_high"])
    assert float(row["auroc"]) == exact.auroc
    with pytest.raises(BenchError, match="leave out --memory"):
        call(*files, "--approximate", "--memory", "1GiB")
