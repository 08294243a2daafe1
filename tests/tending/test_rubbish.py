"""What nobody needs is found, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from bench.cache import cache_root
from bench.cli.main import app
from bench.running.api import run
from bench.store import Store
from bench.temporary import is_temporary, temporary_path
from bench.tending.rubbish import DAY, HOUR, delete, rubbish_in_cache, rubbish_in_run

MakeCell = Callable[..., str]


def age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    for one in (path, *path.rglob("*")):
        os.utime(one, (then, then))


def kinds(found: Iterator[object]) -> list[str]:
    return sorted(f"{one.kind}: {one.path.name}" for one in found)  # type: ignore[attr-defined]


def left_by_a_dead_writer(path: Path) -> Path:
    """The temporary file of a process that was killed while it wrote `path`."""
    code = "import os, sys; from pathlib import Path; from bench.atomic import write_atomically\n"
    code += "write_atomically(Path(sys.argv[1]), lambda half: (half.write_text('ha'), os.kill(os.getpid(), 9)))"
    subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    [found] = [one for one in path.parent.iterdir() if is_temporary(one.name) and path.name in one.name]
    return found


def test_a_sound_folder_has_no_rubbish(tmp_path: Path, make_cell: MakeCell) -> None:
    make_cell(tmp_path, "msp")
    assert kinds(rubbish_in_run(tmp_path)) == []


def test_plans_that_no_longer_count(tmp_path: Path) -> None:
    shades = np.random.default_rng(0).integers(0, 120, (30, 8, 8), dtype=np.uint8)
    np.savez(tmp_path / "shades.npz", images=shades)
    time.sleep(0.2)  # no plan is kept of what was changed a moment ago
    run("brightness", id="digits", ood=f"shades=npz:{tmp_path / 'shades.npz'}", device="cpu", out=tmp_path / "run")
    [plan] = (tmp_path / "run" / "plans").glob("*.json")
    assert kinds(rubbish_in_run(tmp_path / "run")) == []
    np.savez(tmp_path / "shades.npz", images=shades[1:])
    assert kinds(rubbish_in_run(tmp_path / "run")) == [f"plan from before a change: {plan.name}"]


def test_temporary_files_of_dead_writers_alone(tmp_path: Path) -> None:
    mine = temporary_path(tmp_path / "cells" / "b.json")
    mine.parent.mkdir()
    mine.touch()
    age(mine, 3 * DAY)
    dead = left_by_a_dead_writer(tmp_path / "cells" / "a.json")
    elsewhere = mine.with_name(f".c.json.another-machine.{os.getpid()}.{'0' * 32}.tmp")
    elsewhere.touch()
    assert [one.path for one in rubbish_in_run(tmp_path)] == [dead]
    age(elsewhere, 2 * DAY)
    assert {one.path for one in rubbish_in_run(tmp_path)} == {dead, elsewhere}


def test_orphans_are_found_when_they_are_old_and_nobody_is_at_work(tmp_path: Path, make_cell: MakeCell) -> None:
    key = make_cell(tmp_path, "msp")
    (tmp_path / "cells" / f"{key}.json").unlink()
    make_cell(tmp_path, "energy")
    assert kinds(rubbish_in_run(tmp_path)) == []
    age(tmp_path / "scores", 2 * HOUR)
    code = "import sys, time; from pathlib import Path; from bench.presence import announce; "
    code += "announce(Path(sys.argv[1])); print(flush=True); time.sleep(600)"
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        assert kinds(rubbish_in_run(tmp_path)) == []
    finally:
        process.kill()
        process.communicate()
    found = kinds(rubbish_in_run(tmp_path))
    assert found[1] == f"scores without a record: {key}.npz"
    assert found[0].startswith("note of a dead process: ")
    assert len(found) == 2


def test_what_is_over_and_what_was_set_aside(tmp_path: Path, make_cell: MakeCell) -> None:
    key = make_cell(tmp_path, "msp")
    Store(tmp_path).put_failure(key, {}, "it broke", "")
    broken = make_cell(tmp_path, "energy")
    (tmp_path / "cells" / f"{broken}.json").write_text("{")
    assert Store(tmp_path).get(broken) is None
    assert kinds(rubbish_in_run(tmp_path)) == [
        f"damaged result that was set aside: {broken}.json",
        f"damaged result that was set aside: {broken}.npz",
        f"failure that is over: {key}.json",
    ]


@pytest.fixture
def cache() -> Path:
    """A cache with a finished and an unfinished training, and outputs, all of them ten days old."""
    root = cache_root()
    for name in ("checkpoints/done/resume.safetensors", "checkpoints/done/checkpoint.safetensors",
                 "checkpoints/half/resume.safetensors", "outputs/abc/logits.npy", "outputs/abc/facts.json",
                 "outputs/def.0123.partial/logits.npy", "outputs/abc.damaged-01234567/logits.npy"):  # fmt: skip
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x" * 1000)
    age(root, 10 * DAY)
    return root


def test_the_cache_keeps_networks_and_what_is_young(cache: Path) -> None:
    always = ["damaged, set aside: abc.damaged-01234567", "state of a finished training: resume.safetensors"]
    assert kinds(rubbish_in_cache(cache, 11 * DAY)) == always
    assert kinds(rubbish_in_cache(cache, 9 * DAY)) == sorted([
        *always, "outputs: abc", "state of an unfinished training: resume.safetensors",
        "unfinished outputs: def.0123.partial",
    ])  # fmt: skip
    [outputs] = [one for one in rubbish_in_cache(cache, 0) if one.kind == "outputs"]
    assert (outputs.size, round(outputs.age / DAY)) == (2000, 10)
    delete(outputs)
    assert not outputs.path.exists()


def test_what_another_process_uses_is_not_listed(cache: Path) -> None:
    code = "import time; from bench.cache import cache_root; from bench.presence import announce; "
    code += "announce(cache_root()); print(flush=True); time.sleep(600)"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        assert kinds(rubbish_in_cache(cache, 0)) == ["damaged, set aside: abc.damaged-01234567"]
        shown = CliRunner().invoke(app, ["gc", "--older-than", "0"], catch_exceptions=False)
        assert f"is in use by process {process.pid}" in shown.output
    finally:
        process.kill()
        process.communicate()


def test_the_command_deletes_only_when_told(cache: Path, tmp_path: Path, make_cell: MakeCell) -> None:
    key = make_cell(tmp_path / "run", "msp")
    dead = left_by_a_dead_writer(tmp_path / "run" / "cells" / "a.json")
    line = ["gc", str(tmp_path / "run"), "--older-than", "1"]
    listed = CliRunner().invoke(app, [*line, "--format", "json"], catch_exceptions=False)
    found = json.loads(listed.stdout)
    assert {"path": str(dead), "kind": "temporary file of a dead process", "size": 2}.items() <= found[0].items()
    assert "Nothing was deleted" in listed.stderr
    assert dead.exists()
    done = CliRunner().invoke(app, [*line, "--delete"], catch_exceptions=False)
    assert "Deleted 6 of 6." in done.stderr
    left = {str(path.relative_to(cache)) for path in cache.rglob("*") if path.is_file()}
    assert left == {"checkpoints/done/checkpoint.safetensors"}
    assert Store(tmp_path / "run").keys() == {key}
    assert "nothing to delete" in CliRunner().invoke(app, line, catch_exceptions=False).stdout
