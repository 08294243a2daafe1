"""Runs at an address: as local runs, shared by drivers without a folder in common, and safe when one is killed.

Real networks are trained, and each driver is a process of its own, forked from one that has loaded the libraries.
"""

from __future__ import annotations

import json
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

from .conftest import Line

Machine = Callable[[str], Path]

RUN: dict[str, Any] = {
    "method": ["msp", "energy", "knn"],
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
import bench, bench.running.api
from bench.method_contract import METHODS
from bench.store import Store

folder, run, address, cells_of_first = Path(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3], int(sys.argv[4])
for method in run["method"]:
    METHODS.get(method)
put = Store.put

def driver(name, cells):
    process = os.fork()
    if process:
        return process
    def put_and_note(self, key, record, scores):
        with (folder / f"{name}.keys").open("a") as file:
            file.write(key + "\\n")
        put(self, key, record, scores)
        if len((folder / f"{name}.keys").read_text().split()) == cells:
            os.kill(os.getpid(), signal.SIGKILL)
    Store.put = put_and_note
    os.environ["BENCH_CACHE"] = str(folder / name)
    try:
        rows = bench.run(**run, out=address)
        rows.to_csv(folder / f"{name}.csv", index=False)
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)

drivers = [driver("first", cells_of_first), driver("second", -1)]
print(json.dumps([os.waitstatus_to_exitcode(os.waitpid(one, 0)[1]) for one in drivers]))
"""


def two_drivers(folder: Path, address: str, monkeypatch: pytest.MonkeyPatch, cells_of_first: int = -1) -> list[int]:
    """Their exit codes; the first kills itself when it has put so many cells."""
    monkeypatch.setenv("BENCH_SHARED_CACHE", f"{address}/cache")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    command = [sys.executable, "-c", PROGRAM, str(folder), json.dumps(RUN), f"{address}/run", str(cells_of_first)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    codes: list[int] = json.loads(done.stdout)
    print(done.stderr)
    return codes


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
    assert not [name for name in Bucket(Address.parse(bucket)).entries() if "/leases/" in name]


def test_two_drivers_do_each_cell_once(
    bucket: str, tmp_path: Path, machine: Machine, local: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert two_drivers(tmp_path, bucket, monkeypatch) == [0, 0]
    done = [*keys_of(tmp_path / "first.keys"), *keys_of(tmp_path / "second.keys")]
    assert sorted(done) == sorted(local["key"])
    assert (tmp_path / "first.csv").read_text().count("\n") == (tmp_path / "second.csv").read_text().count("\n") == 10
    trained = [path.parts[-4] for path in tmp_path.glob("*/checkpoints/*/resume.safetensors")]
    assert trained in (["first"], ["second"])
    machine("third")
    assert plain(bench.run(**RUN, out=f"{bucket}/run")) == plain(local)


def test_what_a_killed_driver_leaves_is_done_by_the_other(
    bucket: str, tmp_path: Path, machine: Machine, local: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert two_drivers(tmp_path, bucket, monkeypatch, cells_of_first=2) == [-9, 0]
    first, second = keys_of(tmp_path / "first.keys"), keys_of(tmp_path / "second.keys")
    assert len(first) == 2
    assert sorted(first + second) == sorted(local["key"])
    machine("third")
    assert plain(bench.run(**RUN, out=f"{bucket}/run")) == plain(local)


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
