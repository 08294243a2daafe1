"""Sizes in bytes as people write them."""

import pytest

from bench.byte_size import parse_bytes
from bench.errors import BenchError


@pytest.mark.parametrize(
    ("text", "size"),
    [("2GiB", 2**31), ("2gib", 2**31), ("2 GB", 2 * 10**9), ("0.5K", 500), ("7", 7), ("7B", 7), ("1Ti", 2**40)],
)
def test_sizes_are_understood(text: str, size: int) -> None:
    assert parse_bytes(text) == size


@pytest.mark.parametrize("text", ["", "GiB", "-1GB", "2GX", "1e9", "0", "0.1", "2I", "nan"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(BenchError, match="no size in bytes"):
        parse_bytes(text)
