"""A disk that fills up, as a shell sees it: one message, exit code 2, and nothing that was finished is lost."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

RUN = ["run", "--method", "msp", "--id", "digits", "--ood", "glyphs", "--set", "recipe.epochs=1"]
BENCH = [sys.executable, "-m", "bench"]


def shell(line: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, timeout=300, check=False)


def ends_well(done: subprocess.CompletedProcess[str]) -> bool:
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert "run the same command again: what was finished is kept." in done.stderr
    return done.returncode == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("command", ["list methods", "data path", "metrics --help"])
def test_what_is_printed(command: str) -> None:
    done = shell(f"exec {shlex.join(BENCH)} {command} > /dev/full")
    assert ends_well(done)
    assert done.stderr.startswith("Error: Cannot write what was to be printed: No space left on device. Free space")


def test_a_reader_that_wants_no_more_is_no_error() -> None:
    done = shell(f"{shlex.join(BENCH)} list methods | true")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="needs resource limits")
def test_what_was_finished_is_not_done_again(tmp_path: Path) -> None:
    """Files of 20 kB are enough for what is known of the cells, and too little for their resamples and figures."""
    import resource

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    command = [*BENCH, "run", "--method", "brightness", "--id", "digits", "--ood", "glyphs", "--out", str(tmp_path)]
    limited = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=limit)
    assert ends_well(limited)
    assert re.search(r"Error: Cannot write .*\.(npz|png|svg): File too large\. Free space or", limited.stderr)
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert "Extracting" in limited.stderr
    assert "Extracting" not in again.stderr
    assert list(tmp_path.glob("*.png"))


def can_mount() -> bool:
    unshare = shutil.which("unshare")
    line = [unshare or "", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"]
    return unshare is not None and subprocess.run(line, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not can_mount(), reason="needs a file system of its own")
@pytest.mark.parametrize(("place", "kilobytes"), [("out", 4), ("out", 40), ("cache", 4), ("cache", 1100)])
def test_a_small_file_system(tmp_path: Path, place: str, kilobytes: int) -> None:
    """Whatever does not fit any more: a trained network, what it says of images, a cell, or a figure."""
    small, usual = tmp_path / "small", tmp_path / "usual"
    small.mkdir()
    out, cache = (small, usual) if place == "out" else (usual, small)
    command = shlex.join([*BENCH, *RUN, "--out", f"{out}/out"])
    mount = f"mount -t tmpfs -o size={kilobytes}k none {small} && BENCH_CACHE={cache} exec {command}"
    done = shell(f"exec unshare -rm /bin/sh -c {shlex.quote(mount)}")
    assert ends_well(done)
    assert f"Cannot write {small}" in done.stderr or f"Cannot write below {small}" in done.stderr
