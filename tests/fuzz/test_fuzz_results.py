"""Malformed results folders: what reads them refuses them, sets them aside, or shows what they hold."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from bench.cli.main import app
from bench.errors import BenchError
from bench.sealed import SEAL, checksum
from tests.fuzz.hostile import TEXTS, malformed_json, mutated_bytes, mutated_tree
from tests.fuzz.survive import COUNTED, budget, nothing_outside

COMMANDS = (["table", "--format", "csv"], ["table"], ["report", "--format", "md"], ["verify"], ["compare"])
FILES = ("cells", "scores", "suites.json", "failures")


def bench(*arguments: str) -> BenchError | None:
    """A command in this process; what it refuses, or None. Anything else that it raises passes through."""
    COUNTED["tried"] += 1
    done = CliRunner().invoke(app, list(arguments))
    if isinstance(done.exception, BenchError):
        COUNTED["refused"] += 1
        return done.exception
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return None


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small run with two cells."""
    folder = tmp_path_factory.mktemp("results")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("BENCH_CACHE", str(folder / "cache"))
        refused = bench(
            "run", "--method", "random", "--method", "constant", "--id", "digits", "--ood", "glyphs",
            "--network", "convnet", "--recipe", "smoke", "--out", "run",
        )  # fmt: skip
    assert refused is None, refused
    return folder / "run"


@pytest.fixture
def home(tmp_path: Path, results: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "temporary").mkdir(exist_ok=True)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    return tmp_path


def fresh(home: Path, results: Path) -> Path:
    """The results again, since reading damaged ones sets them aside."""
    shutil.rmtree(home / "run", ignore_errors=True)
    shutil.copytree(results, home / "run", ignore=shutil.ignore_patterns("*.svg", "*.png", "*.sqlite*"))
    return home / "run"


def shown(home: Path, command: list[str]) -> None:
    name, *options = command
    arguments = [name, "run", "run"] if name == "compare" else [name, "run"]
    with nothing_outside(home):
        bench(*arguments, *options)


@budget(18)
@given(data=st.data())
def test_changed_bytes(home: Path, results: Path, data: st.DataObject) -> None:
    folder = fresh(home, results)
    path = data.draw(st.sampled_from(sorted((folder / "cells").iterdir()) + sorted((folder / "scores").iterdir())))
    path.write_bytes(data.draw(mutated_bytes(path.read_bytes())))
    shown(home, data.draw(st.sampled_from(COMMANDS)))


@budget(30)
@given(data=st.data())
def test_records_that_someone_changed_with_care(home: Path, results: Path, data: st.DataObject) -> None:
    """Their checksum is made anew."""
    folder = fresh(home, results)
    path = sorted((folder / "cells").iterdir())[0]
    record = json.loads(path.read_text())
    record.pop(SEAL, None)
    part = data.draw(st.sampled_from(["row", "cell", "key", "provenance", "cost", ""]))
    changed: Any = data.draw(mutated_tree(record[part] if part else record))
    record = {**record, part: changed} if part else changed
    path.write_text(_sealed(record))
    shown(home, data.draw(st.sampled_from(COMMANDS)))


def _sealed(record: Any) -> str:
    try:
        return json.dumps({**record, SEAL: checksum(record)})
    except (ValueError, TypeError):
        return json.dumps(record)


@pytest.mark.parametrize("key", ["../../outside", "/outside", "..", "a/b", "a\0b", "x" * 300])
def test_keys_that_lead_out(home: Path, results: Path, key: str) -> None:
    folder = fresh(home, results)
    path = sorted((folder / "cells").iterdir())[0]
    record = json.loads(path.read_text())
    record.pop(SEAL, None)
    record["key"] = record["row"]["key"] = key
    path.write_text(_sealed(record))
    before = {one.name for one in home.iterdir()}
    for command in COMMANDS:
        shown(home, command)
    assert {one.name for one in home.iterdir()} - before <= {"cache", "data"}


SUITES: dict[str, Any] = {
    "version": 1,
    "suites": [{"name": "s", "title": "S", "id": "digits", "groups": {"near": ["glyphs"]}, "metrics": ["auroc"],
                "notes": ["n"], "images": {"glyphs": 1}, "absent": {"x": "y"}}],
}  # fmt: skip


@budget(30)
@given(data=st.data())
def test_records_of_suites(home: Path, results: Path, data: st.DataObject) -> None:
    folder = fresh(home, results)
    (folder / "suites.json").write_bytes(data.draw(malformed_json(SUITES)))
    shown(home, data.draw(st.sampled_from(COMMANDS[:3])))


FAILURE: dict[str, Any] = {
    "schema": 1, "key": "0" * 32, "message": "m", "traceback": "t",
    "cell": {"method": "msp", "ood": ["glyphs", "x"], "id": ["digits", "x"]},
}  # fmt: skip


@budget(20)
@given(data=st.data())
def test_notes_of_failures(home: Path, results: Path, data: st.DataObject) -> None:
    folder = fresh(home, results)
    (folder / "failures").mkdir(exist_ok=True)
    (folder / "failures" / f"{'0' * 32}.json").write_bytes(data.draw(malformed_json(FAILURE)))
    shown(home, ["report", "--format", "md"])


WORDS = st.sampled_from(
    [*TEXTS, "--out", "--method", "--id", "--ood", "--seeds", "--network", "--data", "x=folder:gone"]
)
OF: dict[str, Callable[[], list[str]]] = {
    "run": lambda: ["run", "--method", "msp", "--id", "digits", "--ood", "glyphs", "--network", "gone"],
    "metrics": lambda: ["metrics", "gone.npy", "gone.csv"],
    "describe": lambda: ["describe", "method", "odin"],
    "data status": lambda: ["data", "status", "digits"],
    "table": lambda: ["table", "gone"],
    "detect": lambda: ["detect", "--detector", "gone.json", "--images", "x=folder:gone"],
    "reproduce": lambda: ["reproduce", "gone.toml"],
    "ablate": lambda: ["ablate", "gone.toml"],
    "export": lambda: ["export", "gone", "--to", "x.pt2"],
    "list": lambda: ["list", "methods"],
    "compare": lambda: ["compare", "gone", "gone"],
    "check": lambda: ["check", "gone.py"],
}


@budget(60)
@given(data=st.data())
def test_arguments(home: Path, data: st.DataObject) -> None:
    """One word of a command is another, or one more stands somewhere; a command line has no NUL characters."""
    words = OF[data.draw(st.sampled_from(sorted(OF)))]()
    place = data.draw(st.integers(1, len(words)))
    word = data.draw(WORDS).replace("\0", "0")
    words[place : place + data.draw(st.integers(0, 1))] = [word]
    with nothing_outside(home):
        bench(*words)
