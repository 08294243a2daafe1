"""Evaluate a cell that is kept once more, from its images and weights alone."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from bench.cache import VARIABLE, cache_root
from bench.data.bindings import Binding
from bench.errors import BenchError
from bench.networks.checkpoint import Checkpoint
from bench.report import CellScores
from bench.running.execute import execute
from bench.running.preparation import Preparation
from bench.running.specification import RunSpecification
from bench.store import Store

from .slots import Record

_FILE = "checkpoint.safetensors"
_NO_NETWORK = "none"
"""The network in rows of methods that look at pixels alone."""


@dataclass(frozen=True)
class Sources:
    """Where what a cell was computed from is found: the folder of the `data` sets, a `checkpoint` with what describes
    it, or else the networks that were trained on this machine; on which `device`.
    """

    data: Path | None = None
    checkpoint: Path | None = None
    network: str | None = None
    normalize: str | None = None
    transform: Path | None = None
    device: str = "auto"
    settings: Mapping[str, Any] = field(default_factory=dict)
    bindings: Mapping[str, Binding] = field(default_factory=dict)


class Recomputer:
    """Evaluates cells with an empty cache of their own, which is gone in the end; the cells share it."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self.checkpoints = cache_root() / "checkpoints"
        self._weights: dict[Path, str] = {}

    def __enter__(self) -> Recomputer:
        self._folder = tempfile.TemporaryDirectory()
        self._before = os.environ.get(VARIABLE)
        os.environ[VARIABLE] = str(Path(self._folder.name) / "cache")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = self._before
        self._folder.cleanup()

    def recompute(self, record: Record) -> tuple[Record, CellScores]:
        """The cell as it is evaluated now, and its scores.

        Raises `BenchError` where something it needs is not there: the images, the weights, or a way to name them.
        """
        store = Store(Path(self._folder.name) / "run" / record["key"])
        outcome = execute(Preparation(self._specification(record, store.folder)))
        outcome.require_complete()
        (again,) = store.records()
        return again, store.scores(again["key"])

    def _specification(self, record: Record, out: Path) -> RunSpecification:
        row, cell, sources = record["row"], record["cell"], self.sources
        if row.get("shifted"):
            raise BenchError("its in-distribution images are of several sets, which are not computed again")
        method = row["method"]
        chosen = {f"{method}.{name}": value for name, value in cell["parameters"].items()}
        has_network = row["network"] != _NO_NETWORK
        return RunSpecification(
            method=(method,),
            id=row["id"],
            ood=(row["ood"],),
            checkpoint=self._checkpoint(record) if has_network else None,
            network=sources.network if has_network and sources.checkpoint is not None else None,
            normalize=sources.normalize if has_network else None,
            transform=sources.transform if has_network else None,
            protocol=row["protocol"],
            tune_on=cell["tune_on"][0],
            settings={**sources.settings, **chosen},
            bindings=sources.bindings,
            device=sources.device,
            precision=row.get("precision", "fp32"),
            data=sources.data,
            out=out,
        )

    def _checkpoint(self, record: Record) -> Path:
        """The file with the weights of a cell: one that was named, or trained on this machine."""
        if self.sources.checkpoint is not None:
            return self.sources.checkpoint
        row, weights = record["row"], record["cell"]["weights"]
        for path in sorted(self.checkpoints.glob(f"{row['id']}-{row['network']}-{row['objective']}-*/{_FILE}")):
            if path not in self._weights:
                self._weights[path] = Checkpoint.load(path).weights_hash
            if self._weights[path] == weights:
                return path
        raise BenchError(
            f"its weights ({weights[:12]}) are not among the networks trained on this machine; name them with "
            "--checkpoint"
        )
