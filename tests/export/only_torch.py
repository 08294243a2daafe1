"""Run in a fresh interpreter that can import torch and what torch requires, and nothing else: see test_only_torch."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any


class Narrowed:
    """Finds what is Python's own or torch's requirement; all else is not there, though its files are."""

    def __init__(self, allowed: Iterable[str]) -> None:
        self.allowed = {*allowed, *sys.stdlib_module_names}

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        known = name.partition(".")[0] in self.allowed
        return PathFinder.find_spec(name, path, target) if known else None


folder, request = sys.argv[1:]
asked = json.loads(request)
sys.meta_path[sys.meta_path.index(PathFinder)] = Narrowed(asked["allowed"])
sys.path.insert(0, asked["site"])

import torch  # noqa: E402

for absent in ("numpy", "bench", "scipy", "safetensors"):
    try:
        __import__(absent)
    except ModuleNotFoundError:
        continue
    raise SystemExit(f"{absent} can be imported")

images = torch.load(f"{folder}/images.pt", weights_only=True)
for name in asked["methods"]:
    extra = {"detector.json": ""}
    program = torch.export.load(f"{folder}/{name}.pt2", extra_files=extra).module()
    assert json.loads(extra["detector.json"])["method"] == name
    for batch in asked["batches"]:
        found = [program(part) for part in images.split(batch)]
        scores, is_id = (torch.cat(parts) for parts in zip(*found, strict=True))
        torch.save({"scores": scores, "is_id": is_id}, f"{folder}/{name}-{batch}.out")
