"""A network of a user's own: a module with a function that makes it, and a file of its weights."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

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
