"""This process by name, and whether another one is still there."""

from __future__ import annotations

import os
import re
import socket

HOST = re.sub(r"[^A-Za-z0-9-]", "-", socket.gethostname())[:32] or "host"
"""The name of this machine, as it stands in the names of files."""


def is_alive(host: str, pid: int) -> bool | None:
    """Whether the process runs; None where that cannot be told from this machine."""
    if host != HOST:
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it belongs to somebody else
        return True
    return True
