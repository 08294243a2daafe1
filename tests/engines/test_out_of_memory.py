"""Memory that runs out: a worker that takes more and more is killed. (An allocation that is refused: tests/faults.)

The kernel's own killer needs a limit of a control group, which tests cannot count on; here a watcher kills by the same
rule, the resident memory of the process, and with the same signal.
"""

import threading
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

import bench
from bench.store import Store

_PLUGIN = '''
import os
import numpy as np
from pathlib import Path
from bench.method_contract import Method, method

@method("hungry")
class Hungry(Method):
    """Takes memory, 32 MiB after 32 MiB, if a file beside this one says so."""

    group = "baselines"
    objective = None

    def score(self, outputs):
        folder = Path(__file__).parent
        if (folder / "bit by bit").exists():
            (folder / "eater").write_text(str(os.getpid()))
            eaten = []
            while (folder / "bit by bit").exists():
                eaten.append(np.ones(4 << 20))
        return outputs.logits.sum(axis=1)
'''


@pytest.fixture
def asked(tmp_path: Path) -> dict[str, Any]:
    plugin = tmp_path / "hungry.py"
    plugin.write_text(_PLUGIN, encoding="utf-8")
    return {
        "method": ["brightness", "hungry", "random"], "id": "digits", "ood": "uniform", "device": "cpu",
        "settings": {"uniform.count": 40}, "plugin": plugin, "out": tmp_path / "out",
    }  # fmt: skip


def test_a_worker_that_is_killed_for_its_memory_is_replaced(
    asked: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two workers load torch, one after the other, which takes long."""
    (tmp_path / "bit by bit").touch()
    killed: list[int] = []
    watcher = threading.Thread(target=kill_the_eater, args=(tmp_path, 600 << 20, killed), daemon=True)
    watcher.start()
    frame = bench.run(**asked, engine="processes", processes=1)
    watcher.join()
    assert len(killed) == 1
    assert list(frame["method"]) == ["brightness", "hungry", "random"]
    assert Store(tmp_path / "out").failures() == []
    said = capsys.readouterr().err
    assert said.count("Trying again, since the worker process was killed, as the system does when memory runs out") == 1


def kill_the_eater(folder: Path, limit: int, killed: list[int]) -> None:
    """Kill the process that eats as soon as it holds more than `limit` bytes beyond what it began with."""
    deadline = time.monotonic() + 120
    while not (folder / "eater").exists() or not (folder / "eater").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process = psutil.Process(int((folder / "eater").read_text()))
    began = process.memory_info().rss
    while process.memory_info().rss - began < limit:
        assert time.monotonic() < deadline
        time.sleep(0.001)
    process.kill()
    process.wait()
    (folder / "bit by bit").unlink()
    killed.append(process.pid)
