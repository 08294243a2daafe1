"""What a pass has written outlives it: after so many seconds whatever comes, and at once where it can still act."""

import json
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from bench.extraction.growing import GrowingFolder
from tests.forked import Forked

PROGRAM = """
import signal, sys, time
from pathlib import Path
import numpy as np, torch
from torch import nn
from bench.data.images import ArrayImages
from bench.data.transform import InputTransform
from bench.extraction import growing
from bench.extraction.cache import extract_cached
from bench.extraction.options import PassOptions
from bench.extraction.view import CLEAN
from bench.networks.classifier import NetworkOutput

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs are born deaf to Ctrl-C
growing.FLUSH_SECONDS, stuck_at = float(sys.argv[1]), int(sys.argv[2])

class Slow(nn.Module):
    batches = 0

    def forward(self, images):
        if self.batches == stuck_at:
            print("stuck", flush=True)
            time.sleep(60)
        self.batches += 1
        return NetworkOutput(images.mean((2, 3)), images.flatten(1), None)

network = Slow()
images = ArrayImages(np.random.default_rng(0).integers(0, 256, (95, 4, 4, 3), dtype=np.uint8), None)
transform = InputTransform(4, 4, 3, (0.5,) * 3, (0.2,) * 3)
extract_cached(network, "w", images, transform, {CLEAN: []}, device=torch.device("cpu"), label="x",
               options=PassOptions(batch_size=10))
print(network.batches)
"""


def start(cache: Path, flush_seconds: float, stuck_at: int = -1) -> Forked:
    said = cache.with_name(f"{cache.name}-{stuck_at}")
    return Forked(PROGRAM, str(flush_seconds), str(stuck_at), folder=said, environment={"BENCH_CACHE": str(cache)})


def batches_until_done(cache: Path) -> int:
    process = start(cache, 10.0)
    assert process.wait() == 0, process.err
    return int(process.out)


def arrays(cache: Path) -> dict[str, bytes]:
    [folder] = (cache / "outputs").iterdir()
    return {path.name: path.read_bytes() for path in folder.glob("*.npy")}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs POSIX signals")
@pytest.mark.parametrize(
    ("end", "flush_seconds", "left"),
    [(signal.SIGKILL, 0.0, 6), (signal.SIGKILL, 1000.0, 10), (signal.SIGINT, 1000.0, 6)],
    ids=["killed after a flush", "killed before the first flush", "Ctrl-C before the first flush"],
)
def test_a_pass_goes_on_behind_what_was_flushed(
    tmp_path: Path, end: signal.Signals, flush_seconds: float, left: int
) -> None:
    process = start(tmp_path / "disturbed", flush_seconds, stuck_at=4)
    process.wait_for("stuck\n")
    os.kill(process.pid, end)
    assert process.wait() != 0
    assert batches_until_done(tmp_path / "disturbed") == left
    assert batches_until_done(tmp_path / "undisturbed") == 10
    found = arrays(tmp_path / "disturbed")
    assert set(found) == {"logits.npy", "features.npy"}
    assert found == arrays(tmp_path / "undisturbed")


def test_rows_are_flushed_when_the_last_flush_is_some_seconds_ago(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    folder = GrowingFolder(tmp_path / "x", 100)
    safe = []
    for done, now in enumerate([9.0, 10.0, 19.0, 20.0], start=1):  # noqa: B007 - the clock reads it
        folder.append(done, {"a": np.full((1, 2), done)}, {"a": 0.5})
        path = folder.partial / "progress.json"
        safe.append(json.loads(path.read_text())["done"] if path.exists() else 0)
    folder.close()
    assert safe == [0, 2, 2, 4]
