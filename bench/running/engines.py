"""From options to an engine for a run."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.engine import ENGINES, Engine, EngineOptions
from bench.errors import BenchError

_TAKEN_BY = {
    "processes": ("processes", "dask", "slurm"), "scheduler": ("dask",), "slurm": ("slurm",), "patience": ("dask",),
}  # fmt: skip
"""Which engines take which option."""


@dataclass(frozen=True)
class EngineChoice:
    """The engine that is asked for by `name`, and its options as `bench.engine.EngineOptions` has them.

    None, or nothing, for what is not given: then it is serial, or the engine's own default.
    """

    name: str | None = None
    processes: int | None = None
    scheduler: str | None = None
    slurm: Mapping[str, Any] = field(default_factory=dict)
    patience: float | None = None

    def make(self, out: Path, device: str) -> Engine:
        """The engine for results in the folder `out`, computed on a `device`. Starts nothing.

        Raises `BenchError` for an unknown name, and for options that the engine does not take.
        """
        name = self.name or "serial"
        kind = ENGINES.get(name)
        for option, engines in _TAKEN_BY.items():
            if getattr(self, option) not in (None, {}) and name not in engines:
                raise BenchError(f"--{option} is for --engine {' or '.join(engines)}, and it is {name}.")
        if self.scheduler is not None and self.processes is not None:
            raise BenchError("--processes starts workers, and --scheduler has its own. Leave one of them out.")
        made: Engine = kind(
            EngineOptions(
                processes=self.processes,
                scheduler=self.scheduler,
                slurm=self.slurm,
                patience=self.patience,
                folder=Path(out),
                share_devices=device in ("auto", "cuda"),
            )
        )
        return made


def slurm_parameters(texts: Iterable[str]) -> dict[str, Any]:
    """Submitit's parameters from texts such as `timeout_min=60`; values are TOML, or else taken as they are."""
    found: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (equals and name.isidentifier()):
            raise BenchError(f"--slurm must be NAME=VALUE, such as timeout_min=60, not '{text}'.")
        try:
            found[name] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            found[name] = value
    return found
