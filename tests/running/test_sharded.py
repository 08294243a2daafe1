"""What was extracted in shards is found by the run, which passes no image again."""

from pathlib import Path

import pytest

from bench import run
from bench.cli.main import app
from bench.errors import BenchError
from bench.extraction.passing import Pass

ARGUMENTS = [
    "--id",
    "digits",
    "--ood",
    "uniform",
    "--device",
    "cpu",
    "--set",
    "recipe.epochs=1",
    "--set",
    "uniform.count=300",
]
SETTINGS = {"recipe.epochs": 1, "uniform.count": 300}


def call(*arguments: str) -> None:
    app(["extract", *ARGUMENTS, *arguments], standalone_mode=False)


def test_a_run_finds_what_shards_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Digits have 500 test images and 1,297 for training: two and six batches."""
    methods = ["msp", "odin", "knn"]
    given = [argument for method in methods for argument in ("--method", method)]
    call(*given, "--shard", "2/2")
    first = capsys.readouterr().err
    assert "digits with" in first
    assert "digits (training) with" in first
    assert first.count("shard 2/2 done; others are missing") == 3
    call(*given, "--shard", "1/2")
    assert capsys.readouterr().err.count(": complete.") == 3

    def refuse(*_: object) -> None:
        raise AssertionError("an image was passed again")

    with monkeypatch.context() as patch:
        patch.setattr(Pass, "batches", refuse)
        found = run(methods, id="digits", ood="uniform", settings=SETTINGS, device="cpu", out=tmp_path / "sharded")
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "another cache"))
    plain = run(methods, id="digits", ood="uniform", settings=SETTINGS, device="cpu", out=tmp_path / "plain")
    figures = ["method", "auroc", "fpr_at_95_tpr", "aupr_in", "aupr_out"]
    assert found[figures].equals(plain[figures])


def test_what_cannot_be_sharded_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="A shard is written"):
        call("--method", "msp", "--shard", "half")
    (tmp_path / "run.toml").write_text('protocol = "noise"')
    with pytest.raises(BenchError, match="protocol noise looks at parts"):
        call(str(tmp_path / "run.toml"), "--method", "odin")
