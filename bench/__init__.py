"""oodbench: benchmark out-of-distribution detection.

The public names are loaded when they are first used, so that `import bench` costs no import of torch.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

_root = Path(__file__).resolve().parent
if not (_root / "methods").is_dir() and (_root.parent / "methods").is_dir():
    # A checkout keeps methods/, datasets/ and reports/ beside bench/; a wheel has them inside.
    __path__.append(str(_root.parent))

__version__ = "0.1.0"

_PUBLIC = {
    "BenchError": "bench.errors",
    "Citation": "bench.citation",
    "evaluate": "bench.running.evaluate",
    "misclassification": "bench.predictions.api",
    "run": "bench.running.api",
}

__all__ = ["BenchError", "Citation", "evaluate", "misclassification", "run"]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    if name == "metrics":
        return import_module("bench.metrics")
    raise AttributeError(f"module 'bench' has no attribute '{name}'")
