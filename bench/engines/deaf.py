"""Starting processes that hear nothing of Ctrl-C: a terminal sends it to all of them, and the driver decides alone."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker


@contextmanager
def deaf_children() -> Iterator[None]:
    """Processes that this thread starts in the block are deaf from their first moment on, and stay so."""
    resource_tracker.ensure_running()  # it would let Ctrl-C through again, if it were started below
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
