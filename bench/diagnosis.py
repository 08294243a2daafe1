"""What can be said of this machine: versions, devices, data sets and disk, without reading any data."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from pathlib import Path
from typing import Any

from bench.cache import VARIABLE as CACHE_VARIABLE
from bench.cache import cache_root
from bench.data.location import VARIABLE as DATA_VARIABLE
from bench.data.location import data_root
from bench.data.project import project_bindings
from bench.data.readiness import readiness
from bench.data.resolve import named_datasets
from bench.provenance import static_provenance

_CPU_FLAGS = Path("/proc/cpuinfo")


def diagnose(data: Path | None = None) -> dict[str, Any]:
    """Facts by topic, as plain data; `data` is the folder of the data sets where it is not the usual one."""
    return {
        "versions": _versions(),
        "devices": _devices(),
        "data": _data(data_root(data)),
        "cache": _cache(cache_root()),
    }


def _versions() -> dict[str, Any]:
    from bench import __version__

    found = static_provenance()
    packages = {**found["packages"], "oodbench": __version__}
    return {"python": sys.version.split()[0], "system": platform.platform(), **packages, "git": found["git"]}


def _devices() -> dict[str, Any]:
    """Each device by the name that `--device` takes, with `bf16` true where the hardware computes in it."""
    import torch

    from bench.device import pick_device

    cpu = {"name": _cpu_name(), "cores": os.cpu_count(), "threads": torch.get_num_threads(), "bf16": _cpu_has_bf16()}
    devices: dict[str, Any] = {"auto": str(pick_device("auto")), "cpu": cpu}
    for place in range(torch.cuda.device_count()):
        facts = torch.cuda.get_device_properties(place)
        # bf16 came with compute capability 8.0; PyTorch emulates it on older ones.
        devices[f"cuda:{place}"] = {"name": facts.name, "memory": facts.total_memory, "bf16": facts.major >= 8}
    if torch.backends.mps.is_available():
        devices["mps"] = {"name": _cpu_name(), "bf16": None}
    return devices


def _cpu_name() -> str:
    for line in _cpu_lines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _cpu_has_bf16() -> bool | None:
    """Whether the CPU multiplies in bf16; None where the system does not say."""
    flags = {flag for line in _cpu_lines() if line.startswith(("flags", "Features")) for flag in line.split()}
    return bool(flags & {"avx512_bf16", "amx_bf16", "bf16"}) if flags else None


def _cpu_lines() -> list[str]:
    return _CPU_FLAGS.read_text(encoding="utf-8").splitlines() if _CPU_FLAGS.exists() else []


def _data(root: Path) -> dict[str, Any]:
    sets = {one.name: readiness(one, root) for one in named_datasets(project_bindings(Path.cwd()))}
    return {
        "folder": str(root),
        "exists": root.is_dir(),
        "variable": DATA_VARIABLE,
        "sets": {name: {"state": word, "detail": detail} for name, (word, detail) in sets.items()},
    }


def _cache(root: Path) -> dict[str, Any]:
    existing = next(folder for folder in (root, *root.absolute().parents) if folder.is_dir())
    sizes = [(Path(folder) / name).lstat().st_size for folder, _, names in os.walk(root) for name in names]
    return {
        "folder": str(root),
        "variable": CACHE_VARIABLE,
        "files": len(sizes),
        "bytes": sum(sizes),
        "free_bytes": shutil.disk_usage(existing).free,
    }
