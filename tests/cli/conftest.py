"""What tests of the command line share: `bench` in this process, a small run, and a network of a user's own."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from bench.cli.main import main
from bench.running.api import run

Called = Callable[..., tuple[int, str, str]]

SOURCE = '''
import torch
from torch import nn

class Net(nn.Module):
    """A small network for 8x8 digits, with a second layer of the last one's shape."""

    def __init__(self, factor):
        super().__init__()
        self.conv, self.fc, self.other = nn.Conv2d(1, 6, 3), nn.Linear(6, 10), nn.Linear(6, 10)
        self.factor = factor

    def forward(self, images):
        features = self.conv(images).relu().mean((2, 3))
        self.other(features)
        return self.fc(features) * self.factor

def plain():
    return Net(1.0)

def scaled():
    return Net(2.0)
'''


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Called:
    """`bench` with arguments in this process: its exit code, and what it prints on standard output and error."""

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["bench", *arguments])
        handler = signal.getsignal(signal.SIGINT)
        try:
            with pytest.raises(SystemExit) as ended:
                main()
        finally:
            signal.signal(signal.SIGINT, handler)
        assert isinstance(ended.value.code, int)
        out, err = capsys.readouterr()
        return ended.value.code, out, err

    return call


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two methods that look at pixels alone, on one set."""
    folder = tmp_path_factory.mktemp("run")
    shades = np.random.default_rng(0).integers(0, 120, (60, 1, 1), dtype=np.uint8)
    np.savez(folder / "shades.npz", images=np.tile(shades, (1, 8, 8)))
    run(["brightness", "total-variation"], id="digits", ood=f"shades=npz:{folder / 'shades.npz'}", out=folder / "run")
    return folder / "run"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a user's module and a file of weights for its network, which is the current one."""
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "nets.py").write_text(SOURCE)
    torch.manual_seed(0)
    shapes = {"conv": (6, 1, 3, 3), "fc": (10, 6), "other": (10, 6)}
    state = {f"{name}.weight": torch.randn(shape) for name, shape in shapes.items()}
    state |= {f"{name}.bias": torch.randn(shape[0]) for name, shape in shapes.items()}
    torch.save({"state_dict": {f"module.{key}": value for key, value in state.items()}}, folder / "w.pth")
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", [*sys.path])
    return folder
