"""Time by the clock of a disk, which is the clock that the times of its files are told by."""

from __future__ import annotations

import contextlib
import time
import uuid
from pathlib import Path


def now_of(folder: Path) -> float:
    """Seconds, as `st_mtime` counts them, on the disk that `folder` is on; this machine's if it cannot be written to.

    So ages of files come out right also where the clock of this machine was set back, or is not the file server's.
    """
    probe = folder / f".{uuid.uuid4().hex}.now"
    try:
        probe.touch()
        return probe.stat().st_mtime
    except OSError:
        return time.time()
    finally:
        with contextlib.suppress(OSError):
            probe.unlink(missing_ok=True)
