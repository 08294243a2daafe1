"""Names of temporary files: they say who writes them, so that those of dead writers can be told from those in use."""

from __future__ import annotations

import os
import re
import uuid
from pathlib import Path

from .processes import HOST, is_alive

_NAME = re.compile(r"\..+\.(?P<host>[A-Za-z0-9-]+)\.(?P<pid>\d+)\.[0-9a-f]{32}\.tmp")
_OLD_NAME = re.compile(r"\..+\.[0-9a-f]{32}\.tmp")


def temporary_path(path: Path) -> Path:
    """A name for what will be called `path`, in the same folder, that nobody else uses."""
    return path.parent / f".{path.name}.{HOST}.{os.getpid()}.{uuid.uuid4().hex}.tmp"


def is_temporary(name: str) -> bool:
    """Whether `temporary_path` gives such names."""
    return _OLD_NAME.fullmatch(name) is not None


def is_written(name: str) -> bool | None:
    """Whether the writer of the temporary file is alive; None where that cannot be told from this machine."""
    found = _NAME.fullmatch(name)
    return None if found is None else is_alive(found["host"], int(found["pid"]))
