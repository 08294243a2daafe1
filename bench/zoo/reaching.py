"""What is raised where a library cannot get what it was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bench.errors import BenchError


@contextmanager
def reaching(what: str, otherwise: str) -> Iterator[None]:
    """Turn whatever a library raises while it gets `what` into a `BenchError` that says what to do `otherwise`.

    Libraries raise almost anything here: for a name that does not exist, without a network, and for a damaged file.
    """
    try:
        yield
    except BenchError:
        raise
    except Exception as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        reason = lines[0] if lines else "no reason given"
        raise BenchError(f"Cannot get {what} ({type(error).__name__}: {reason.rstrip('.')}). {otherwise}") from error
