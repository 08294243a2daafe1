"""What to tell of a disk that cannot be written to."""

from __future__ import annotations

import errno

from bench.errors import BenchError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def is_full(error: OSError) -> bool:
    """Whether a disk was full, or a quota or a limit on the size of files was met."""
    return error.errno in _FULL


def disk_error(failed: str, error: OSError, elsewhere: str = "choose another folder") -> BenchError:
    """The error to raise for `failed`, such as `Cannot write PATH`: why, what to do, and that nothing is lost.

    `elsewhere` says how another place is chosen.
    """
    advice = f"Free space or {elsewhere}" if is_full(error) else elsewhere[0].upper() + elsewhere[1:]
    return BenchError(
        f"{failed}: {error.strerror or error}. {advice}, and run the same command again: what was finished is kept."
    )
