from __future__ import annotations

from importlib import import_module

from hypothesis import given
from hypothesis import strategies as st

pages = import_module("bench.reports.pages").pages


@given(st.lists(st.integers(1, 30), min_size=1), st.integers(5, 40))
def test_everything_is_on_a_page_once_and_no_page_is_too_long(lengths: list[int], most: int) -> None:
    found = pages(lengths, lambda length: length, most)
    assert [length for page in found for length in page] == lengths
    assert all(len(page) == 1 or sum(page) <= most for page in found)


@given(st.integers(1, 200), st.integers(1, 40))
def test_equal_things_are_spread_evenly(count: int, most: int) -> None:
    sizes = [len(page) for page in pages(range(count), lambda _: 1, most)]
    assert len(sizes) == -(-count // most)
    assert max(sizes) == -(-count // len(sizes))
