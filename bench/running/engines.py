"""From options to an engine for a run."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench.engine import ENGINES, Engine, EngineOptions
from bench.errors import BenchError

from .specification import RunSpecification

_OPTIONS = {"processes": ("processes", "dask", "slurm"), "scheduler": ("dask",), "slurm": ("slurm",)}
"""Which engines take which option."""


def make_engine(
    name: str | None,
    specification: RunSpecification,
    *,
    processes: int | None = None,
    scheduler: str | None = None,
    slurm: dict[str, Any] | None = None,
) -> Engine:
    """The engine of that name, for a run; serial if none is given. Starts nothing.

    Raises `BenchError` for an unknown name, and for options that the engine does not take.
    """
    name = name or "serial"
    kind = ENGINES.get(name)
    given = {"processes": processes, "scheduler": scheduler, "slurm": slurm}
    for option, value in given.items():
        if value and name not in _OPTIONS[option]:
            raise BenchError(f"--{option} is for --engine {' or '.join(_OPTIONS[option])}, and it is {name}.")
    if scheduler is not None and processes is not None:
        raise BenchError("--processes starts workers, and --scheduler has its own. Leave one of them out.")
    made: Engine = kind(
        EngineOptions(
            processes=processes,
            scheduler=scheduler,
            slurm=slurm or {},
            folder=Path(specification.out),
            share_devices=specification.device in ("auto", "cuda"),
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
