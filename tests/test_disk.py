"""What is told of a disk that cannot be written to."""

import errno

import pytest

from bench.disk import disk_error, is_full


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_space_is_asked_for_where_it_lacks(number: int) -> None:
    error = OSError(number, "no room")
    assert is_full(error)
    assert str(disk_error("Cannot write a.txt", error)) == (
        "Cannot write a.txt: no room. Free space or choose another folder, and run the same command again: "
        "what was finished is kept."
    )


def test_space_is_not_asked_for_where_it_would_not_help() -> None:
    error = PermissionError(errno.EACCES, "Permission denied")
    assert not is_full(error)
    assert not is_full(OSError("no number"))
    told = str(disk_error("Cannot write a.txt", error, "choose another folder with BENCH_CACHE"))
    assert told.startswith("Cannot write a.txt: Permission denied. Choose another folder with BENCH_CACHE, and run")
