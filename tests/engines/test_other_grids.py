"""Ablations, reproductions, misclassification and re-runs go to the engine too, with the rows of serial ones.

Two of them start a worker, which loads torch; that takes the time.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

import bench
from bench.ablation.file import read_ablation
from bench.ablation.plan import plan
from bench.ablation.run import Carried, run_ablation
from bench.cli.main import app
from bench.engine import Engine, EngineLostError
from bench.engines.slot import Slot
from bench.reproducing.reproduce import reproduce
from bench.reproducing.request import Request
from bench.running.engines import EngineChoice
from bench.running.rows import COST
from tests.reproducing.tiny_paper import PUBLISHED, TABLE


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the workers that were started."""
    numbers: list[int] = []
    start = Slot._start

    def counted(slot: Slot) -> None:
        numbers.append(slot.number)
        start(slot)

    monkeypatch.setattr(Slot, "_start", counted)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return numbers


def one_worker(out: Path) -> Engine:
    return EngineChoice("processes", processes=1).make(out, "cpu")


def test_variants_of_a_parameter_and_of_a_training_share_a_worker(tmp_path: Path, started: list[int]) -> None:
    """Two groups, one of which has several methods of one name."""
    ablation = read_ablation("epsilon")

    def carry(out: Path, make: Callable[[Path], Engine | None]) -> Carried:
        given = {"id": "digits", "ood": ["gaussian"], "method": ["odin"], "out": out, "device": "cpu"}
        runs = plan(ablation, given, {"recipe.epochs": 1, "gaussian.count": 40})
        other = plan(ablation, {**given, "ood": ["uniform"]}, {"recipe.epochs": 1, "uniform.count": 40})
        return run_ablation(ablation, [*runs, *other], make(out))

    serial = carry(tmp_path / "serial", lambda _: None).outcome.rows
    assert started == []
    rows = carry(tmp_path / "processes", one_worker).outcome.rows
    assert started == [1]
    assert len(rows) == 24
    assert [without_cost(row) for row in rows] == [without_cost(row) for row in serial]


def without_cost(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in COST}


def test_misclassification(tmp_path: Path, started: list[int]) -> None:
    asked: dict[str, Any] = {"method": ["msp", "energy"], "id": "digits", "settings": {"recipe.epochs": 1}}
    asked |= {"device": "cpu", "seeds": 2}
    found = bench.misclassification(**asked, out=tmp_path / "processes", engine="processes", processes=1)
    pd.testing.assert_frame_equal(found, bench.misclassification(**asked, out=tmp_path / "serial"))
    assert started == [1]
    assert len(found) == 4


@pytest.fixture
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """The engine of a scheduler that is not there."""
    monkeypatch.setattr("bench.engines.dask.CONNECT_SECONDS", 1)
    return EngineChoice("dask", scheduler="tcp://127.0.0.1:9").make(tmp_path, "cpu")


def test_a_table_is_reproduced_by_the_engine_and_not_without(tmp_path: Path, nobody: Engine) -> None:
    paper = tmp_path / "digits-table.toml"
    paper.write_text(TABLE, encoding="utf-8")
    paper.with_suffix(".csv").write_text(PUBLISHED.lstrip(), encoding="utf-8")
    request = Request.of(str(paper), rows=("convnet/*",), device="cpu", data=tmp_path, out=tmp_path / "out")
    with pytest.raises(EngineLostError, match="No Dask scheduler answers"):
        reproduce(request, nobody)


def test_a_folder_is_asked_again_by_the_engine(tmp_path: Path, nobody: Engine) -> None:
    del nobody
    bench.run("random", id="digits", ood="uniform", settings={"uniform.count": 40}, out=tmp_path)
    next((tmp_path / "cells").glob("*.json")).unlink()
    again = CliRunner().invoke(app, ["rerun", str(tmp_path), "--engine", "dask", "--scheduler", "tcp://127.0.0.1:9"])
    assert isinstance(again.exception, EngineLostError)


def test_an_engine_that_is_lost_is_not_asked_by_every_variant(tmp_path: Path, nobody: Engine) -> None:
    ablation = read_ablation("budget")
    given = {"id": "digits", "ood": ["uniform"], "out": tmp_path, "device": "cpu"}
    with pytest.raises(EngineLostError, match="No Dask scheduler answers"):
        run_ablation(ablation, plan(ablation, given, {"uniform.count": 40}), nobody)


def test_a_transfer_has_no_cells_to_hand_out() -> None:
    command = ["ablate", "epsilon-transfer", "--id", "digits", "--ood", "uniform", "--processes", "2"]
    refused = CliRunner().invoke(app, command)
    assert "has no cells that an engine could hand out" in str(refused.exception)
