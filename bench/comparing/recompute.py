"""Evaluate a cell that is kept once more, from its images and weights alone."""

from __future__ import annotations

import json
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
from bench.method_contract import METHODS
from bench.names import require_key
from bench.networks.checkpoint import Checkpoint
from bench.report import CellScores
from bench.running.execute import execute
from bench.running.preparation import Preparation
from bench.running.specification import RunSpecification
from bench.store import Store

from .ensemble import EnsemblePreparation, find_members
from .run_plugins import restore_plugins
from .slots import Record

_FILE = "checkpoint.safetensors"
_NO_NETWORK = "none"
"""The network in rows of methods that look at pixels alone."""


@dataclass(frozen=True)
class Sources:
    """Where what a cell was computed from is found: the folder of the `data` sets, a `checkpoint` with what describes
    it, or else the networks that were trained on this machine; on which `device`. Plugin files that the results name
    are run only with `trust_code`.
    """

    data: Path | None = None
    checkpoint: Path | None = None
    network: str | None = None
    normalize: str | None = None
    transform: Path | None = None
    device: str = "auto"
    settings: Mapping[str, Any] = field(default_factory=dict)
    bindings: Mapping[str, Binding] = field(default_factory=dict)
    trust_code: bool = False


class Recomputer:
    """Evaluates cells of the folder `results` with an empty cache of their own, which they share and which is gone in
    the end.
    """

    def __init__(self, sources: Sources, results: Path) -> None:
        self.sources, self.results = sources, results
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

    def recompute(self, record: Record) -> CellScores:
        """The scores of the cell as it is evaluated now.

        Raises `BenchError` where something it needs is not there: the images, the weights, or a way to name them, or
        the plugin that brought its method or data; and where what is there makes another cell.
        """
        problems = restore_plugins(record.get("provenance", {}), trusts_code=self.sources.trust_code)
        try:
            again, scores = self._recompute(record)
            if again["key"] != record["key"]:
                raise BenchError(_other_cell(record["cell"], again["cell"]))
        except BenchError as error:
            raise BenchError("; ".join([*problems, str(error)])) from error
        return scores

    def _recompute(self, record: Record) -> tuple[Record, CellScores]:
        store = Store(Path(self._folder.name) / "run" / require_key(record["key"]))
        execute(self._preparation(record, store.folder)).require_complete()
        (again,) = store.records()
        return again, store.scores(again["key"])

    def _preparation(self, record: Record, out: Path) -> Preparation:
        if not METHODS.get(record["row"]["method"]).ensemble:
            return Preparation(self._specification(record, out, self._checkpoint(record)))
        trained = self._trained(record)
        members = find_members(record["cell"]["weights"], map(Checkpoint.load, trained))
        if members is None:
            raise BenchError("the networks of its ensemble are not among those trained on this machine")
        return EnsemblePreparation(self._specification(record, out, trained[0]), members)

    def _specification(self, record: Record, out: Path, checkpoint: Path | None) -> RunSpecification:
        row, cell, sources = record["row"], record["cell"], self.sources
        method = row["method"]
        chosen = {f"{method}.{name}": value for name, value in cell["parameters"].items()}
        has_network = row["network"] != _NO_NETWORK
        return RunSpecification(
            method=(method,),
            id=row["id"],
            ood=(row["ood"],),
            shifted=tuple(name for name, _ in cell.get("shifted", [])),
            checkpoint=checkpoint,
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

    def _trained(self, record: Record) -> list[Path]:
        """The files of networks that were trained on this machine as those of a cell were."""
        row = record["row"]
        return sorted(self.checkpoints.glob(f"{row['id']}-{row['network']}-{row['objective']}-*/{_FILE}"))

    def _checkpoint(self, record: Record) -> Path | None:
        """The file with a cell's weights: one that was named, or trained on this machine; None without a network."""
        if record["row"]["network"] == _NO_NETWORK:
            return None
        if self.sources.checkpoint is not None:
            return self.sources.checkpoint
        weights = record["cell"]["weights"]
        for path in self._trained(record):
            if path not in self._weights:
                self._weights[path] = Checkpoint.load(path).weights_hash
            if self._weights[path] == weights:
                return path
        raise BenchError(
            f"its weights ({weights[:12]}) are not among the networks trained on this machine; name them with "
            "--checkpoint"
        )


def _other_cell(old: dict[str, Any], new: dict[str, Any]) -> str:
    names = [name for name in dict.fromkeys([*old, *new]) if old.get(name) != new.get(name)]
    changes = [f"{name} {_short(old.get(name))} → {_short(new.get(name))}" for name in names]
    return f"what is here is not what was evaluated: {', '.join(changes)}"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    return text if len(text) <= 60 else f"{text[:57]}…"
