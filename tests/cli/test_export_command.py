"""`bench export`: from a detector's file, from a run, or from a method and a network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
import typer
from typer.testing import CliRunner, Result

from bench.cli.detect import detect
from bench.cli.export import export
from bench.cli.run import run
from bench.cli.threshold import threshold
from bench.errors import BenchError
from tests.export.conftest import checkpoint

RUNNER = CliRunner()
APP = typer.Typer()
for command in (threshold, export, detect, run):
    APP.command()(command)


def invoked(*arguments: str | Path) -> Result:
    return RUNNER.invoke(APP, [str(one) for one in arguments])


def ran(*arguments: str | Path) -> Result:
    result = invoked(*arguments)
    assert result.exit_code == 0, result.exception
    return result


def refused(*arguments: str | Path) -> str:
    result = invoked(*arguments)
    assert isinstance(result.exception, BenchError), result.output
    return str(result.exception)


def decisions(file: Path) -> list[str]:
    return [row["decision"] for row in json.loads(ran("detect", file, "digits", "--format", "json").stdout)]


@pytest.fixture
def network(tmp_path: Path) -> Path:
    checkpoint().save(tmp_path / "net.safetensors")
    return tmp_path / "net.safetensors"


def test_all_ways_give_the_same_decisions(network: Path, tmp_path: Path) -> None:
    given = ("--id", "digits", "--checkpoint", network)
    ran("threshold", "--method", "knn", *given, "--tpr", "0.8", "--out", tmp_path / "d.json")
    expected = decisions(tmp_path / "d.json")
    assert 20 < expected.count("OOD") < 480
    result = ran("export", tmp_path / "d.json", "--id", "digits", "-o", tmp_path / "file.pt2")
    words = dict(line.split("  ", 1) for line in result.stdout.splitlines())
    assert words["method"].strip() == "knn"
    assert words["input"].strip() == "images (N, 1, 16, 16), float32 in [0, 1], not normalised"
    assert words["checked on"].strip() == "the first 100 of 500 test images of digits: every decision is the same"
    assert decisions(tmp_path / "file.pt2") == expected
    ran("export", "--method", "knn", *given, "--tpr", "0.8", "-o", tmp_path / "made.pt2")
    assert decisions(tmp_path / "made.pt2") == expected
    ran("run", "--method", "knn", "--method", "energy", *given, "--ood", "glyphs", "--out", tmp_path / "run")
    cell = ("--run", tmp_path / "run", "--checkpoint", network, "--tpr", "0.8")
    ran("export", *cell, "--method", "knn", "-o", tmp_path / "run.pt2")
    assert decisions(tmp_path / "run.pt2") == expected
    assert "checkpoint" not in torch.export.load(tmp_path / "run.pt2").state_dict
    assert "not among those trained on this machine" in refused(
        "export", "--run", tmp_path / "run", "--method", "knn", "-o", tmp_path / "x.pt2"
    )
    assert "No cell of" in refused("export", *cell, "--method", "vim", "-o", tmp_path / "x.pt2")
    assert "No cell of" in refused("export", *cell, "--method", "knn", "--ood", "svhn", "-o", tmp_path / "x.pt2")
    assert not (tmp_path / "x.pt2").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--method", "odin", "--id", "digits"), "odin cannot be exported"),
        (("--method", "deep-ensemble", "--id", "digits"), "looks at several networks"),
        (("--method", "msp"), "Say with --id"),
        (("--id", "digits"), "Give a detector's file, or say with --method"),
        (("--method", "msp", "--id", "digits", "--ood", "glyphs"), "asked for with --run only"),
        (("--method", "msp", "--id", "digits", "--tpr", "95"), "Did you mean 0.95"),
        (("DETECTOR", "--method", "msp"), "Beside a detector's file"),
        (("DETECTOR",), "Say with --id which images the program is checked on: the first 100 of 500"),
        (("DETECTOR", "--id", "glyphs"), "not the images that the detector's threshold was chosen on"),
        (("--run", "RUN", "--method", "msp"), "There are no results in"),
        (("--run", "RUN", "--method", "msp", "--seed", "1"), "Beside --run"),
    ],
)
def test_bad_exports_are_refused(network: Path, tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    given = list(arguments)
    if "DETECTOR" in given:
        file = tmp_path / "d.json"
        ran("threshold", "--method", "msp", "--id", "digits", "--checkpoint", network, "--out", file)
        given[given.index("DETECTOR")] = str(file)
    given = [str(tmp_path / "run") if one == "RUN" else one for one in given]
    assert message in refused("export", *given, "-o", tmp_path / "x.pt2")


def test_the_ending_says_what_is_written(tmp_path: Path) -> None:
    assert "Let it be .pt2 or .onnx" in refused("export", "--method", "msp", "--id", "digits", "-o", tmp_path / "x.bin")
