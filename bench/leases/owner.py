"""A process by a name that no other process ever has, and whether it has surely ended."""

from __future__ import annotations

import os
import platform
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Owner:
    """A process that makes something; `nonce` tells apart what it makes at different times.

    `machine` is the same for processes that can see each other, and for no others: a machine that was started anew, or
    another container on it, is another one. `pid` and `started` name the process there; `host` is for messages.
    """

    machine: str
    pid: int
    started: str
    nonce: str
    host: str

    @classmethod
    def new(cls) -> Owner:
        """This process, with a nonce of its own."""
        pid = os.getpid()
        return cls(_machine(), pid, _started(pid) or "", uuid.uuid4().hex, platform.node())

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Owner:
        """From what `to_dict` gave. Raises `ValueError`, `KeyError` or `TypeError` for what that cannot be."""
        values = {field.name: data[field.name] for field in fields(cls)}
        if not isinstance(values["pid"], int) or not 0 < values["pid"] < 2**31:
            raise ValueError(f"{values['pid']} is no process")
        return cls(**values)

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"

    def has_ended(self) -> bool:
        """Whether the process has surely ended; False also where that cannot be told, as of another machine."""
        if self.machine != _machine():
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except OSError:  # it belongs to somebody else
            pass
        return _started(self.pid) not in (None, self.started)


@cache
def _machine() -> str:
    """The running system and the space of process numbers in it, where Linux tells; else the machine's name."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return f"{platform.node()} {uuid.getnode()}"


def _started(pid: int) -> str | None:
    """When the process began, in ticks of its machine; "ended" for one that nobody has waited for; None: not known."""
    try:
        # The name of the program, which may hold spaces and brackets, is the second field.
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return "ended" if fields[0] in "ZX" else fields[19]
