"""The state of a run, before, in the midst of and after it."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import bench
from bench.cli.main import app
from bench.errors import BenchError
from bench.presence import announce, doing
from bench.running.asked import SCHEMA, read_asked
from bench.running.network import TestedNetwork
from bench.running.plain_specification import specification_data
from bench.sealed import read_sealed, write_sealed
from bench.store import Store
from bench.tending.rubbish import rubbish_in_run
from bench.tending.status import status_of

PIXELS: dict[str, Any] = {
    "method": ["brightness", "compression-size"], "id": "digits", "ood": ["uniform", "gaussian"],
    "settings": {"uniform.count": 40, "gaussian.count": 40},
}  # fmt: skip


ASKS = '''
from pathlib import Path
from typer.testing import CliRunner
from bench.cli.main import app
from bench.method_contract import Method, method

@method("asks")
class Asks(Method):
    """Asks for the state of the run on the second of its sets."""

    group = "baselines"
    objective = None

    def score(self, outputs):
        folder = Path(__file__).parent
        if len(list((folder / "out" / "cells").glob("*.json"))) == 2:
            for name, options in (("status.txt", []), ("status.json", ["--format", "json"])):
                (folder / name).write_text(CliRunner().invoke(app, ["status", str(folder / "out"), *options]).stdout)
        return outputs.logits.sum(axis=1)
'''


def delete(folder: Path, **names: str) -> None:
    """Take the cells with these columns out of the results."""
    for record in Store(folder).records():
        if names.items() <= record["row"].items():
            (folder / "cells" / f"{record['key']}.json").unlink()


def forget_keys(folder: Path) -> None:
    """As where networks were not trained yet when the folder was asked for its cells."""
    for path in (folder / "asked").glob("*.json"):
        content = read_sealed(path, SCHEMA)
        write_sealed(path, SCHEMA, {**content, "cells": [[slot, "", *rest] for slot, _, *rest in content["cells"]]})


def test_a_finished_run_has_nothing_to_do(tmp_path: Path) -> None:
    bench.run(**PIXELS, out=tmp_path)
    found = status_of(tmp_path)
    assert (found.done, found.failed, found.to_do, found.beside, found.seconds_left) == (4, [], [], 0, 0.0)


def test_what_is_missing_is_to_do_and_has_a_time(tmp_path: Path) -> None:
    bench.run(**PIXELS, out=tmp_path)
    delete(tmp_path, ood="uniform", method="brightness")
    found = status_of(tmp_path)
    assert [(one.method, one.ood) for one in found.to_do] == [("brightness", "uniform")]
    assert found.done == 3
    assert found.seconds_left is not None
    assert 0 < found.seconds_left < 600


@pytest.mark.parametrize("keys_known", [True, False])
def test_a_cell_whose_scores_are_gone_is_to_do_until_it_is_run_again(tmp_path: Path, *, keys_known: bool) -> None:
    frame = bench.run(**PIXELS, out=tmp_path)
    if not keys_known:
        forget_keys(tmp_path)
    gone = frame.iloc[1]
    (tmp_path / "scores" / f"{gone['key']}.npz").unlink()
    found = status_of(tmp_path)
    assert ([(one.method, one.ood) for one in found.to_do], found.done) == ([(gone["method"], gone["ood"])], 3)
    again = bench.run(**PIXELS, out=tmp_path)
    assert list(again["auroc"]) == list(frame["auroc"])
    assert (status_of(tmp_path).to_do, status_of(tmp_path).done, status_of(tmp_path).beside) == ([], 4, 0)


def test_cells_of_networks_that_were_not_trained_when_they_were_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are known by their slots; a training with another recipe is another one."""

    def interrupted(*_: object) -> TestedNetwork:
        raise KeyboardInterrupt

    asked: dict[str, Any] = {
        "method": ["msp", "deep-ensemble"], "id": "digits", "ood": "uniform", "seeds": 2, "out": tmp_path,
    }  # fmt: skip
    with monkeypatch.context() as patch:
        patch.setattr("bench.running.preparation.Preparation.tested_network", interrupted)
        with pytest.raises(KeyboardInterrupt):
            bench.run(**asked, settings={"recipe.epochs": 1, "uniform.count": 40})
    before = status_of(tmp_path)
    assert (before.done, [one.key for one in before.to_do]) == (0, ["", "", ""])
    assert before.seconds_left is None
    [kept] = read_asked(tmp_path)
    spec = kept.to_specification(tmp_path)
    shutil.rmtree(tmp_path / "asked")
    bench.run(**asked, settings={"recipe.epochs": 1, "uniform.count": 40})
    [again] = read_asked(tmp_path)
    assert {one.slot for one in again.cells} == {one.slot for one in before.to_do}
    assert all(one.key for one in again.cells) is False, "they were not trained when it began"
    assert {record["slot"] for record in Store(tmp_path).records()} == {one.slot for one in again.cells}
    assert specification_data(spec) == again.specification
    after = status_of(tmp_path)
    assert (after.done, after.to_do, after.beside) == (3, [], 0)


def test_failures_are_named_with_their_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bench.method_contract import METHODS

    def broken(self: object, outputs: object) -> None:
        raise ZeroDivisionError("a bug")

    with monkeypatch.context() as patch:
        patch.setattr(METHODS.get("brightness"), "score", broken)
        with pytest.raises(BenchError):
            bench.run(**PIXELS, out=tmp_path)
    found = status_of(tmp_path)
    assert (found.done, found.to_do) == (2, [])
    assert {(one.method, one.ood, one.message) for one in found.failed} == {
        ("brightness", ood, "ZeroDivisionError: a bug") for ood in ("uniform", "gaussian")
    }
    assert all("a bug" in one.path.read_text() for one in found.failed)
    shown = CliRunner().invoke(app, ["status", str(tmp_path)]).stdout
    assert "2 of 4 cells done, 2 failed, 0 to do" in shown
    assert f"bench rerun --failed {tmp_path}" in shown
    data = json.loads(CliRunner().invoke(app, ["status", str(tmp_path), "--format", "json"]).stdout)
    assert (data["done"], len(data["failed"]), data["to_do"], data["at_work"]) == (2, 2, [], [])


def test_two_requests_are_counted_together(tmp_path: Path) -> None:
    bench.run(**PIXELS, out=tmp_path)
    bench.run(**{**PIXELS, "method": ["brightness", "random"]}, out=tmp_path)
    found = status_of(tmp_path)
    assert (found.done, len(found.asked or [])) == (6, 2)


def test_a_folder_that_does_not_say_what_it_was_asked_for(tmp_path: Path) -> None:
    bench.run(**PIXELS, out=tmp_path)
    shutil.rmtree(tmp_path / "asked")
    found = status_of(tmp_path)
    assert (found.asked, found.done, found.to_do, found.seconds_left) == (None, 4, [], None)
    with pytest.raises(BenchError, match="no folder"):
        status_of(tmp_path / "elsewhere")


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_processes_at_work_are_named_while_they_live(tmp_path: Path) -> None:
    code = "import sys, time; from pathlib import Path; from bench.presence import announce; "
    code += "announce(Path(sys.argv[1])); print(flush=True); time.sleep(600)"
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        assert [one.pid for one in status_of(tmp_path).at_work] == [process.pid]
    finally:
        process.kill()
        process.communicate()
    assert status_of(tmp_path).at_work == []
    assert len(list((tmp_path / ".processes").iterdir())) == 1, "it died without taking its leave"


def test_what_a_process_is_at_is_said_with_where_and_since_when(tmp_path: Path) -> None:
    """The run is asked about by the method that it is evaluating, and by its own process."""
    plugin = tmp_path / "asks.py"
    plugin.write_text(ASKS, encoding="utf-8")
    out = tmp_path / "out"
    bench.run(**{**PIXELS, "method": ["asks", "brightness"]}, plugin=plugin, out=out, device="cpu")
    [running] = json.loads((tmp_path / "status.json").read_text(encoding="utf-8"))["running"]
    assert (running["process"], running["host"]) == (os.getpid(), platform.node())
    assert (running["methods"], running["ood"]) == (["asks", "brightness"], ["uniform", "gaussian"])
    assert running["to_do"] == 2, "those on the first set are done"
    assert 0 <= running["seconds"] < 600
    assert abs(datetime.fromisoformat(running["since"]).timestamp() + running["seconds"] - time.time()) < 600
    lines = (tmp_path / "status.txt").read_text(encoding="utf-8").splitlines()
    assert lines[1] == f"At work: process {os.getpid()} on {platform.node()}."
    assert lines[2].startswith(f"  process {os.getpid()} on {platform.node()}, for ")
    assert lines[2].endswith(" s: asks, brightness (no network) on uniform, gaussian; 2 cells of it to do")
    assert status_of(out).running == []


def test_what_a_dead_process_was_at_is_not_said(tmp_path: Path) -> None:
    code = "import os, sys; from pathlib import Path; from bench.presence import doing; "
    code += (
        "at = doing(Path(sys.argv[1]), {'network': 'n', 'ood': ['o'], 'methods': ['m']}); at.__enter__(); os._exit(1)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    [note] = (tmp_path / ".processes").iterdir()
    found = status_of(tmp_path)
    assert (found.running, found.at_work) == ([], [])
    content = json.loads(note.read_text(encoding="utf-8"))
    with doing(tmp_path, {"of a newer version": 1}):
        assert (status_of(tmp_path).running, len(status_of(tmp_path).at_work)) == ([], 1)
    assert content["doing"] == {"network": "n", "ood": ["o"], "methods": ["m"]}
    assert [one.path for one in rubbish_in_run(tmp_path)] == [note]


def test_a_process_that_ends_takes_its_leave(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from bench.presence import announce; announce(Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    assert list(tmp_path.iterdir()) == []
    announce(tmp_path)
    announce(tmp_path)
    assert len(list((tmp_path / ".processes").iterdir())) == 1
