"""Runs by engines have the rows of serial ones, whatever dies; with what is done already nothing is started."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import bench
from bench.engines.slot import Slot
from bench.errors import BenchError
from bench.plugins import activate
from bench.running.engines import EngineChoice, slurm_parameters
from bench.running.execute import execute
from bench.running.files import stored_rows
from bench.running.part import Shard
from bench.running.preparation import Preparation
from bench.running.rows import COST
from bench.running.specification import RunSpecification

SETTINGS = {"recipe.epochs": 1, "uniform.count": 40}

PLUGIN = """
import os, signal
from pathlib import Path
from bench.method_contract import Method, method

@method("deadly")
class Deadly(Method):
    '''Kills its process as often as the file beside this one has letters.'''

    group = "logits"

    def score(self, outputs):
        left = Path(__file__).with_name("deaths").read_text()
        if left:
            Path(__file__).with_name("deaths").write_text(left[1:])
            os.kill(os.getpid(), signal.SIGKILL)
        return outputs.logits[:, 0].astype("float64")
"""

Run = Callable[..., pd.DataFrame]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Networks and passes of all of these tests."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def run(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("BENCH_CACHE", str(cache))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")

    def run_into(out: str, **options: Any) -> pd.DataFrame:
        frame = bench.run(
            options.pop("method", ["msp", "energy", "brightness"]),
            id="digits-0to6", ood=["digits-7to9", "uniform"], settings=SETTINGS, device="cpu", out=tmp_path / out,
            **options,
        )  # fmt: skip
        return frame.drop(columns=list(COST))

    return run_into


def test_processes_say_what_a_serial_run_says_and_start_for_nothing_that_is_there(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    serial = run("serial")
    pd.testing.assert_frame_equal(run("processes", engine="processes", processes=2), serial)
    monkeypatch.setattr(Slot, "_start", lambda self: pytest.fail("there is nothing to do"))
    pd.testing.assert_frame_equal(run("processes", engine="processes", processes=2), serial)


def test_shards_of_one_folder_make_the_whole(run: Run, tmp_path: Path) -> None:
    shards = [run("shards", shard=f"{number}/3") for number in (1, 2, 3)]
    assert [len(shard) for shard in shards] == [2, 2, 2]
    assert len({key for shard in shards for key in shard["key"]}) == 6
    serial = run("serial")
    rows = {row["key"]: row["auroc"] for row in stored_rows(tmp_path / "shards")}
    assert rows == dict(zip(serial["key"], serial["auroc"], strict=True))


@pytest.mark.parametrize(("deaths", "fails"), [("x", False), ("xxxxx", True)])
def test_a_method_that_kills_its_process_is_tried_again_and_fails_alone(
    run: Run, tmp_path: Path, deaths: str, fails: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    plugin = tmp_path / "deadly.py"
    plugin.write_text(PLUGIN, encoding="utf-8")
    (tmp_path / "deaths").write_text(deaths, encoding="utf-8")
    activate(plugin)
    specification = RunSpecification(
        method=("deadly", "energy", "msp"), id="digits-0to6", ood=("uniform",), settings=SETTINGS, device="cpu",
        out=tmp_path / "out",
    )  # fmt: skip
    engine = EngineChoice("processes", processes=1).make(specification.out, "cpu")
    outcome = execute(Preparation(specification), engine)
    assert "Trying again, since the worker process was killed" in capsys.readouterr().err
    assert [row["method"] for row in outcome.rows] == (["energy", "msp"] if fails else ["deadly", "energy", "msp"])
    assert (tmp_path / "deaths").read_text(encoding="utf-8") == ("x" if fails else "")
    if not fails:
        assert outcome.failures == []
        return
    [failure] = outcome.failures
    assert not failure.mendable
    assert (
        "killed, as the system does when memory runs out (fewer workers at a time leave more for each); 3 times"
        in failure.message
    )
    assert json.loads(failure.path.read_text(encoding="utf-8"))["message"] == failure.message
    with pytest.raises(BenchError, match=r"1 cell failed; deadly \(convnet, cross-entropy, seed 0\) on uniform"):
        outcome.require_complete()
    (tmp_path / "deaths").write_text("", encoding="utf-8")
    assert len(execute(Preparation(specification)).rows) == 3
    assert not failure.path.exists(), "it is over"


def test_options_that_do_not_go_together_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="--processes is for --engine processes or dask or slurm, and it is serial"):
        EngineChoice(processes=2).make(tmp_path, "cpu")
    with pytest.raises(BenchError, match="--scheduler is for --engine dask"):
        EngineChoice("processes", scheduler="tcp://x").make(tmp_path, "cpu")
    with pytest.raises(BenchError, match="--processes starts workers, and --scheduler has its own"):
        EngineChoice("dask", processes=2, scheduler="tcp://x").make(tmp_path, "cpu")
    for patience in (0.0, 5.0):
        with pytest.raises(BenchError, match="--patience is for --engine dask, and it is serial"):
            EngineChoice(patience=patience).make(tmp_path, "cpu")
    EngineChoice().make(tmp_path, "cpu")
    assert slurm_parameters(["timeout_min=60", "slurm_partition=gpu"]) == {"timeout_min": 60, "slurm_partition": "gpu"}
    with pytest.raises(BenchError, match="NAME=VALUE"):
        slurm_parameters(["gpu"])
    assert Shard.parse("1/1") == Shard(1, 1)
