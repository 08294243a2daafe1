"""Every command that takes a results folder takes an address, and does as with a folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

import bench
from bench.address import Address
from bench.cli.main import app
from bench.errors import BenchError
from bench.leases import Owner
from bench.remote.bucket import Bucket

Machine = Callable[[str], Path]
RUNNER = CliRunner()


def do(*arguments: str) -> Result:
    done = RUNNER.invoke(app, list(arguments))
    assert done.exit_code == 0, (done.output, done.exception)
    return done


@pytest.fixture
def run(bucket: str, machine: Machine, tmp_path: Path) -> str:
    """The address of a run of two methods that look at pixels alone, which another machine has done."""
    machine("another")
    shades = np.random.default_rng(0).integers(0, 120, (60, 1, 1), dtype=np.uint8)
    np.savez(tmp_path / "shades.npz", images=np.tile(shades, (1, 8, 8)))
    methods, ood = ["brightness", "total-variation"], f"shades=npz:{tmp_path / 'shades.npz'}"
    bench.run(methods, id="digits", ood=ood, out=f"{bucket}/run")
    machine("here")
    return f"{bucket}/run"


def test_commands_take_an_address(run: str, bucket: str, tmp_path: Path) -> None:
    assert f"{run}: 2 of 2 cells done" in do("status", run).stdout
    assert json.loads(do("status", run, "--format", "json").stdout)["folder"] == run
    assert "total-variation" in do("table", run).stdout
    do("report", run, "--format", "md")
    do("plot", run, "--format", "png")
    do("index", run)
    assert "There is nothing to delete" in do("gc", run, "--no-cache").stdout
    assert "2 unchanged" in do("compare", run, run, "--metric", "auroc").stdout
    do("leaderboard", run, "--out", str(tmp_path / "site"))
    assert do("merge", run, "--out", f"{bucket}/all").stdout.startswith(f"{bucket}/all: 2 cells")
    do("merge", run, "--out", str(tmp_path / "all"))
    there = Bucket(Address.parse(bucket)).entries()
    assert {"run/report.md", "run/table.txt", "run/rows.csv"} <= there.keys()
    assert len([name for name in there if name.startswith("all/cells/")]) == 2
    assert do("verify", run, "--cells", "0").exit_code == 0
    do("rerun", run)


def test_the_state_tells_of_drivers_on_other_machines(run: str) -> None:
    objects = Bucket(Address.parse(run))
    owner = replace(Owner.new(), machine="another", host="a-far-host", pid=77)
    objects.write("leases/x/000001.json", json.dumps({**owner.to_dict(), "beat": 3}).encode())
    objects.write("leases/y/000001.json", b"no lease")
    assert "At work: process 77 on a-far-host" in do("status", run).stdout


def test_what_is_cleared_away_here_is_cleared_away_there(run: str) -> None:
    objects = Bucket(Address.parse(run))
    key = next(Path(name).stem for name in objects.entries("cells/"))
    objects.write(f"failures/{key}.json", b"{}")
    assert "failure that is over: 1" in do("gc", run, "--no-cache", "--delete").stdout
    assert not objects.entries("failures/")
    assert "There is nothing to delete" in do("gc", run, "--no-cache").stdout


def test_an_address_in_a_run_file_is_taken(bucket: str, tmp_path: Path, machine: Machine) -> None:
    machine("here")
    file = tmp_path / "run.toml"
    file.write_text(f'method = "brightness"\nid = "digits"\nood = "uniform"\nout = "{bucket}/run"\n', encoding="utf-8")
    do("run", str(file))
    assert [name for name in Bucket(Address.parse(f"{bucket}/run")).entries() if name.startswith("cells/")]


@pytest.mark.parametrize("command", ["status", "table", "report", "gc", "index", "verify"])
def test_an_address_without_results_is_an_error_for_whoever_reads(bucket: str, machine: Machine, command: str) -> None:
    machine("here")
    done = RUNNER.invoke(app, [command, f"{bucket}/none"])
    assert isinstance(done.exception, BenchError)
    assert f"There are no results at {bucket}/none" in str(done.exception)


def test_options_that_name_a_run_take_an_address(run: str, tmp_path: Path) -> None:
    done = RUNNER.invoke(app, ["export", "--run", run, "--method", "knn", "--out", str(tmp_path / "x.pt2")])
    assert "total-variation on digits" in str(done.exception), "it has read what is there"
    done = RUNNER.invoke(app, ["report", run, "--transfer", run])
    assert "transfer" in str(done.exception)


def test_a_table_puts_no_cells(run: str, bucket: str) -> None:
    do("table", run)
    objects = Bucket(Address.parse(run))
    gone = next(iter(objects.entries("cells/")))
    objects.remove(gone)
    do("table", run)
    assert gone not in objects.entries()


def test_commands_say_what_is_wrong_with_an_address(bucket: str, tmp_path: Path) -> None:
    del bucket
    for arguments in (["status", "s3://no-such-bucket/x"], ["run", "--out", "s3://no-such-bucket/x"]):
        done = RUNNER.invoke(app, arguments)
        assert isinstance(done.exception, BenchError)
        assert "bucket does not exist" in str(done.exception)
    assert not list(tmp_path.glob("**/cells"))
