"""A small version of `benchmarks/store_faults.py`: real processes, really killed, so it takes some seconds."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "store_faults.py"


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL and fork")
def test_no_record_is_lost_or_torn() -> None:
    line = [sys.executable, str(SCRIPT), "--records", "60", "--writers", "3", "--pause", "0.3", "--kills", "3"]
    done = subprocess.run(line, capture_output=True, text=True, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr
    assert re.search(r"60 records by writers of which \d+ were killed: all there and whole", done.stdout)
    for way in ("an error", "the end of the process"):
        found = re.search(rf"(\d+) operations, each stopped by {way}: (\d+) times the new content", done.stdout)
        assert found is not None
        assert int(found[1]) > 20
        assert 0 < int(found[2]) < int(found[1])
