"""A short version of `benchmarks/engine_faults.py`: real workers and drivers, really killed, in a small grid."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "engine_faults.py"
SMALL = ["--repetitions=1", "--methods=2", "--seeds=1", "--processes=2"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs SIGKILL")
def test_what_is_killed_at_random_moments_ends_like_a_serial_run() -> None:
    """It takes long because each process loads torch: nine of them and those that replace the dead."""
    command = [sys.executable, str(SCRIPT), *SMALL, "--scenario=dask", "--scenario=driver"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("killed") == 2
    assert done.stdout.count("cells as in serial") == 2
