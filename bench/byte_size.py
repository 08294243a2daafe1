"""Sizes in bytes as people write them."""

from __future__ import annotations

import re

from bench.errors import BenchError

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "KI": 2**10, "MI": 2**20, "GI": 2**30, "TI": 2**40}


def parse_bytes(text: str) -> int:
    """The bytes that `text` stands for: a number, then nothing, K, M, G, T, or KiB, MiB, GiB, TiB (the B may go).

    Raises `BenchError` for anything else, and for nothing at all.

    >>> parse_bytes("2GiB"), parse_bytes("1.5 M")
    (2147483648, 1500000)
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?I?)B?\s*", text.upper())
    if found is None or found[2] not in _UNITS or not (size := int(float(found[1]) * _UNITS[found[2]])):
        raise BenchError(f"'{text}' is no size in bytes. Write it as 2GiB, 500MB or a number of bytes.")
    return size
