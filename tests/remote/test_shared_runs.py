"""Runs at an address: as local runs, shared by drivers without a folder in common, and safe when one is killed.

Real networks are trained, and each driver is a process of its own, forked from one that has loaded the libraries.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import bench
from bench.address import Address
from bench.errors import BenchError
from bench.remote import fetched_folder
from bench.remote.bucket import Bucket
from bench.running.rows import COST
from bench.store import Store

from .conftest import SECRET, Line

Machine = Callable[[str], Path]

RUN: dict[str, Any] = {
    "method": ["msp", "energy"],
    "id": "digits-0to6",
    "ood": ["digits-7to9", "uniform", "gaussian"],
    "settings": {"recipe.epochs": 1, "uniform.count": 40, "gaussian.count": 40},
    "device": "cpu",
}

PROGRAM = """
import json, os, signal, sys, traceback
from pathlib import Path
import torch
torch.set_num_threads(1)
torch.optim.SGD([torch.zeros(1, requires_grad=True)])  # which loads what takes seconds, before the forks
import bench, bench.running.api
from bench.method_contract import METHODS
from bench.store import Store

root, run, address = Path(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3]
for method in run["method"]:
    METHODS.get(method)
put = Store.put

def driver(folder, name, dies_at):
    process = os.fork()
    if process:
        return process
    noted = folder / f"{name}.keys"
    def put_and_note(self, key, record, scores):
        with noted.open("a") as file:
            file.write(key + "\\n")
        put(self, key, record, scores)
        if len(noted.read_text().split()) == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
    Store.put = put_and_note
    os.environ["BENCH_CACHE"] = str(folder / name)
    os.environ["BENCH_SHARED_CACHE"] = f"{address}/{folder.name}-cache"
    try:
        rows = bench.run(**run, out=f"{address}/{folder.name}")
        rows.to_csv(folder / f"{name}.csv", index=False)
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)

def two_drivers(name, dies_at):
    (root / name).mkdir()
    drivers = [driver(root / name, "first", dies_at), driver(root / name, "second", 0)]
    return [os.waitstatus_to_exitcode(os.waitpid(one, 0)[1]) for one in drivers]

print(json.dumps({"whole": two_drivers("whole", 0), "killed": two_drivers("killed", 1)}))
"""


def keys_of(path: Path) -> list[str]:
    return path.read_text().split() if path.exists() else []


def plain(rows: Any) -> Any:
    return rows.drop(columns=list(COST)).to_dict("records")


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The rows of the same run in a folder."""
    folder = tmp_path_factory.mktemp("local")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("BENCH_CACHE", str(folder / "cache"))
        return bench.run(**RUN, out=folder / "run")


def test_a_run_at_an_address_is_as_a_local_one(
    bucket: str, machine: Machine, local: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also on another machine, which computes and trains nothing, and on a third one that has the cache alone."""
    monkeypatch.setenv("BENCH_SHARED_CACHE", f"{bucket}/cache")
    machine("one")
    assert plain(bench.run(**RUN, out=f"{bucket}/run")) == plain(local)
    two = machine("two")
    assert plain(bench.run(**RUN, out=f"{bucket}/run")) == plain(local)
    assert not (two / "checkpoints").exists()
    assert not (two / "outputs").exists()
    three = machine("three")
    assert plain(bench.run(**RUN, out=three / "run")) == plain(local)
    assert list(three.glob("checkpoints/*/checkpoint.safetensors"))
    assert not list(three.glob("checkpoints/*/resume.safetensors"))  # which whoever trains leaves behind
    objects = Bucket(Address.parse(bucket))
    assert not [name for name in objects.entries() if "/leases/" in name]
    assert not [name for name, content in objects.read_many(list(objects.entries())) if SECRET.encode() in content]


def test_two_drivers_do_each_cell_once(bucket: str, tmp_path: Path, machine: Machine, local: Any) -> None:
    """Also where one is killed when it has put a cell. Slow, since their process has to load all libraries first."""
    command = [sys.executable, "-c", PROGRAM, str(tmp_path), json.dumps(RUN), bucket]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"whole": [0, 0], "killed": [-9, 0]}, done.stderr
    for name in ("whole", "killed"):
        first, second = (keys_of(tmp_path / name / f"{driver}.keys") for driver in ("first", "second"))
        assert sorted(first + second) == sorted(local["key"])
        assert len(list((tmp_path / name).glob("*/checkpoints/*/resume.safetensors"))) == 1  # one has trained
        machine(f"third-{name}")
        assert plain(bench.run(**RUN, out=f"{bucket}/{name}")) == plain(local)
    assert len(keys_of(tmp_path / "killed" / "first.keys")) == 1
    rows = [(tmp_path / "whole" / f"{driver}.csv").read_text().count("\n") for driver in ("first", "second")]
    assert rows == [7, 7]


def test_a_store_that_goes_away_and_comes_back_costs_nothing(
    bucket: str, line: Line, machine: Machine, local: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine("one")
    put, kept = Store.put, []

    def put_and_cut(self: Store, key: str, *rest: Any) -> None:
        kept.append(key)
        put(self, key, *rest)
        if len(kept) == 2:
            line.cut()

    monkeypatch.setattr(Store, "put", put_and_cut)
    address = f"{bucket}/run"
    folder = Address.parse(address).folder
    with pytest.raises(BenchError, match="the same command puts it there"):
        bench.run(**RUN, out=address)
    assert Store(folder).keys() == set(kept) == set(local["key"])
    with pytest.raises(BenchError, match="Cannot list"):
        bench.run(**RUN, out=address)
    line.mend()
    assert plain(bench.run(**RUN, out=address)) == plain(local)
    assert len(kept) == len(local)
    machine("two")
    assert Store(fetched_folder(address)).keys() == set(kept)
