"""How much memory there is, and how much a piece of work takes at its peak beyond what the process held before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_STATUS, _RESET, _MACHINE = Path("/proc/self/status"), Path("/proc/self/clear_refs"), Path("/proc/meminfo")


@dataclass
class Peak:
    """`megabytes` beyond what was resident at the start, or None where the system does not tell."""

    megabytes: float | None = None


@contextmanager
def watched_peak() -> Iterator[Peak]:
    """Watch the resident memory of this process inside the block; the result is there when the block is left.

    Pages of memory-mapped files that are read count too. Only Linux lets a process begin a new peak.
    """
    peak = Peak()
    try:
        _RESET.write_text("5")
        before = _kilobytes("VmRSS")
    except OSError:
        yield peak
        return
    yield peak
    peak.megabytes = max(0, _kilobytes("VmHWM") - before) / 1024


def _kilobytes(name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB", _STATUS.read_text(), re.MULTILINE)
    return int(found[1]) if found else 0


def available_bytes() -> int | None:
    """How much memory this machine could still give, or None where the system does not tell."""
    try:
        found = re.search(r"^MemAvailable:\s+(\d+) kB", _MACHINE.read_text(), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None
