"""A run that is killed at any moment and started again ends like one that nothing disturbed."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.store import Store

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")

PROGRAM = """
import json, os, random, signal, sys, time, traceback
from pathlib import Path
import torch
torch.set_num_threads(1)
import bench, bench.running.api
from bench.extraction import cache
from bench.method_contract import METHODS

folder, stream = Path(sys.argv[1]), random.Random(20260101)
METHODS.get("msp"), METHODS.get("confidence-preprocessed")

def run(name):
    os.environ["BENCH_CACHE"] = str(folder / name / "cache")
    bench.run(["msp", "confidence-preprocessed"], id="digits-0to6", ood=["digits-7to9", "uniform"], seeds=(3,),
              settings={"recipe.epochs": 2, "uniform.count": 40}, device="cpu", out=folder / name / "run")

def child(name, prepare=lambda: None):
    process = os.fork()
    if process:
        return process
    try:
        prepare()
        run(name)
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)

def die_at(operation):
    count = 0
    def counted(function):
        def call(*args, **kwargs):
            nonlocal count
            count += 1
            if count == operation:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*args, **kwargs)
        return call
    os.fsync, Path.replace, Path.rename = counted(os.fsync), counted(Path.replace), counted(Path.rename)
    cache.np.save = counted(cache.np.save)

def finished(process):
    status = os.waitpid(process, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, status
    return not os.WIFSIGNALED(status)

started = time.monotonic()
assert finished(child("undisturbed"))
whole = time.monotonic() - started
killed = {"by the clock": 0, "while writing": 0}
for _ in range(3):
    process = child("by the clock")
    time.sleep(stream.uniform(0.02, 0.4) * whole)
    os.kill(process, signal.SIGKILL)
    killed["by the clock"] += not finished(process)
assert finished(child("by the clock"))
while True:
    operation = stream.randrange(1, 60)
    if finished(child("while writing", lambda: die_at(operation))):
        break
    killed["while writing"] += 1
print(json.dumps(killed))
print(f"{whole:.1f} s undisturbed", file=sys.stderr)
"""


def contents(out: Path) -> dict[str, Any]:
    """Every row and every score, to the last bit."""
    store = Store(out)
    found: dict[str, Any] = {}
    for record in store.records():
        scores = store.scores(record["key"])
        assert scores.id_correct is not None
        bits = [scores.id_scores.tobytes(), scores.ood_scores.tobytes(), scores.id_correct.tobytes()]
        found[record["key"]] = (record["row"], record["cell"], bits)
    return found


def test_kills_at_any_moment_change_nothing(tmp_path: Path) -> None:
    """Three kills at random times; and kills at one of the next operations on files until nothing is left to do."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    killed = json.loads(done.stdout)
    print(killed, done.stderr[-60:])
    assert killed["by the clock"] >= 1
    assert killed["while writing"] >= 2
    expected = contents(tmp_path / "undisturbed" / "run")
    assert len(expected) == 4
    for name in killed:
        assert contents(tmp_path / name / "run") == expected, name
        assert Store(tmp_path / name / "run").failures() == []
        shown = {path.name for path in (tmp_path / name / "run" / "cells").glob("*.json")}
        assert shown == {f"{key}.json" for key in expected}
