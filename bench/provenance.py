"""How a result came about: versions, commit, device, command, time and memory."""

from __future__ import annotations

import resource
import subprocess
import sys
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import __version__
from bench.command_line import command_text
from bench.plugins import loaded_plugins

if TYPE_CHECKING:
    import torch

PACKAGES = ("torch", "torchvision", "numpy", "pandas", "scikit-learn", "scipy", "safetensors", "pillow")


def provenance(device: torch.device, seconds: float) -> dict[str, Any]:
    """Everything that is recorded beside a result but does not determine its key."""
    import torch

    from bench.device import describe_device

    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
        "command": command_text([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "device": describe_device(device),
        "threads": torch.get_num_threads(),
        "peak_memory_mb": peak_memory_mb(),
        "python": sys.version.split()[0],
        "plugins": loaded_plugins(),
        **static_provenance(),
    }


@cache
def static_provenance() -> dict[str, Any]:
    """The versions of packages and the state of the repository, looked up once."""
    return {"packages": {"oodbench": __version__, **{name: _version(name) for name in PACKAGES}}, "git": _git_state()}


def peak_memory_mb() -> int:
    """The largest resident memory of this process so far, in MB."""
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest // (1024 * 1024 if sys.platform == "darwin" else 1024)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _git_state() -> dict[str, Any] | None:
    """The commit of the checkout this code runs from and whether it has changes; None for an installed package."""
    folder = Path(__file__).resolve().parent.parent
    if not (folder / ".git").exists():
        return None
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        return {"commit": commit, "dirty": bool(_git(folder, "status", "--porcelain"))}
    except (OSError, subprocess.SubprocessError):
        return None


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
