"""What disks do that are remote, read-only, or have another clock."""

from __future__ import annotations

import errno
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import bench
from bench.atomic import write_text
from bench.errors import BenchError
from bench.store import Store
from bench.tending.rubbish import rubbish_in_run
from bench.tending.status import status_of

PIXELS: dict[str, Any] = {"id": "digits", "ood": "uniform", "settings": {"uniform.count": 40}}


@pytest.mark.parametrize("code", [errno.ESTALE, errno.EIO])
@pytest.mark.parametrize("is_done", [False, True])
def test_a_rename_that_fails_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, is_done: bool) -> None:
    """As on a network disk: it is not done, or it is done and the answer is lost."""
    replace, calls = Path.replace, []

    def fails_once(path: Path, target: Path) -> Path:
        calls.append(path)
        if len(calls) == 1:
            if is_done:
                replace(path, target)
            raise OSError(code, os.strerror(code))
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", fails_once)
    write_text(tmp_path / "file", "new")
    assert (tmp_path / "file").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert len(calls) == (1 if is_done else 2)


def test_a_rename_that_fails_again_and_again_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(path: Path, target: Path) -> Path:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))

    write_text(tmp_path / "file", "old")
    monkeypatch.setattr(Path, "replace", fails)
    monkeypatch.setattr("bench.atomic._PAUSES", (0.0, 0.0))
    with pytest.raises(BenchError, match=r"Cannot write .*file: .* run the same command again"):
        write_text(tmp_path / "file", "new")
    assert (tmp_path / "file").read_text() == "old"


@pytest.mark.parametrize("hours", [-48, 48])
def test_a_clock_that_was_set_changes_no_result_and_no_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    """Half of the run is done under another time than the other half, on the disk and in this process."""
    bench.run("brightness", **PIXELS, out=tmp_path)
    before = Store(tmp_path).records()
    now, clock = time.time() + 3600 * hours, time.time
    for path in [*tmp_path.rglob("*"), tmp_path]:
        os.utime(path, (now, now))
    monkeypatch.setattr(time, "time", lambda: clock() - 7200)
    assert Store(tmp_path).index() in (0, 1)
    bench.run(["brightness", "compression-size"], **PIXELS, out=tmp_path)
    records = Store(tmp_path).records()
    assert [one for one in records if one["key"] == before[0]["key"]] == before
    found = status_of(tmp_path)
    assert (found.done, found.to_do, found.failed, found.seconds_left) == (2, [], [], 0.0)
    assert [one for one in rubbish_in_run(tmp_path) if one.kind != "note of a dead process"] == []


def can_mount() -> bool:
    unshare = shutil.which("unshare")
    line = [unshare or "", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"]
    return unshare is not None and subprocess.run(line, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not can_mount(), reason="needs a file system of its own")
def test_a_read_only_folder_can_be_looked_at(tmp_path: Path) -> None:
    bench.run("brightness", **PIXELS, out=tmp_path / "run")
    (tmp_path / "disk").mkdir()
    command = [sys.executable, "-m", "bench"]
    disk = tmp_path / "disk"
    lines = [
        f"mount -t tmpfs none {disk}", f"cp -r {tmp_path}/run {disk}/run", f"mount -o remount,ro {disk}",
        shlex.join([*command, "status", f"{disk}/run"]), shlex.join([*command, "rerun", f"{disk}/run"]),
    ]  # fmt: skip
    line = ["unshare", "-rm", "/bin/sh", "-c", " && ".join(lines)]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert "1 of 1 cells done" in done.stdout
    assert done.returncode == 2
    assert f"Error: Cannot write to {disk}/run: Read-only file system. Choose another folder." in done.stderr
    assert "Traceback" not in done.stderr


def test_memory_that_does_not_suffice_fails_its_own_cell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full_memory: Callable[[], object]
) -> None:
    from bench.method_contract import METHODS

    with monkeypatch.context() as patch:
        patch.setattr(METHODS.get("brightness"), "score", lambda self, outputs: full_memory())
        with pytest.raises(BenchError, match="MemoryError: Unable to allocate"):
            bench.run(["brightness", "compression-size"], **PIXELS, out=tmp_path)
    found = status_of(tmp_path)
    assert (found.done, [one.method for one in found.failed]) == (1, ["brightness"])
    bench.run(["brightness", "compression-size"], **PIXELS, out=tmp_path)
    assert status_of(tmp_path).done == 2


@pytest.fixture
def full_memory() -> Callable[[], object]:
    """A function that asks for more memory than any machine has."""
    import numpy as np

    return lambda: np.zeros(10**15)
