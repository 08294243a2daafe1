"""Real runs on small sets of images, and how to change what they say."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.running.api import run
from bench.store import Store

METHODS = ["brightness", "total-variation", "compression-size"]
OTHERS = ("dawn", "noon", "dusk", "night")

Remake = Callable[[Path, Callable[[dict[str, Any]], None]], None]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two real runs, `a` and `b`, of methods that look at pixels alone; their set `shades` has other images."""
    folder = tmp_path_factory.mktemp("runs")
    for seed, name in enumerate(["a", "b", *OTHERS]):
        save_shades(folder / f"{name}.npz", seed)
    others = [f"{name}=npz:{folder / name}.npz" for name in OTHERS]
    for name in "ab":
        run(METHODS, id="digits", ood=[f"shades=npz:{folder / name}.npz", *others], out=folder / name)
    return folder


@pytest.fixture
def runs(made: Path, tmp_path: Path) -> list[Path]:
    """Copies of both."""
    return [Path(shutil.copytree(made / name, tmp_path / name)) for name in "ab"]


@pytest.fixture
def alike(made: Path, tmp_path: Path) -> list[Path]:
    """Two copies of the first."""
    return [Path(shutil.copytree(made / "a", tmp_path / name)) for name in "ab"]


def save_shades(path: Path, seed: int) -> None:
    shades = np.random.default_rng(seed).integers(0, 120, (60, 1, 1), dtype=np.uint8)
    np.savez(path, images=np.tile(shades, (1, 8, 8)))


@pytest.fixture
def remake() -> Remake:
    """How to let every cell of a run say that it came out, or was made, otherwise."""
    return remake_cells


def remake_cells(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    store = Store(folder)
    for record in store.records():
        change(record)
        kept: dict[str, Any] = {name: record[name] for name in ("cell", "row", "provenance", "cost") if name in record}
        store.put(record["key"], kept, store.scores(record["key"]))
