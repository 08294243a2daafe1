from __future__ import annotations

import re
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

escaping = import_module("bench.reports.escaping")


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a_b", r"a\_b"),
        ("50 % & #1", r"50 \% \& \#1"),
        ("{x}", r"\{x\}"),
        ("a\\b", r"a\textbackslash{}b"),
        ("~^", r"\textasciitilde{}\textasciicircum{}"),
        ("1 – 2 ± 3", r"1 -- 2 $\pm$ 3"),
        ("café", "café"),
        ("日", "{[}U+65E5{]}"),
        ("x--y", "x{-}{-}y"),
    ],
)
def test_latex(text: str, escaped: str) -> None:
    assert escaping.latex(text) == escaped


@given(st.text())
def test_markdown_can_be_undone_and_stays_in_its_cell(text: str) -> None:
    escaped = escaping.markdown(text)
    assert "\n" not in escaped
    assert not re.search(r"(?<!\\)(\\\\)*\|", escaped)
    assert re.sub(r"\\(.)", r"\1", escaped).replace("&amp;", "&") == escaping.one_line(text)


@given(st.lists(st.text(min_size=1), min_size=1))
def test_file_stems_are_safe_anywhere(parts: list[str]) -> None:
    stem = escaping.file_stem(*parts)
    assert re.fullmatch(r"[A-Za-z0-9._-]+", stem)
    assert not stem.startswith((".", "-"))
    assert len(stem) <= 150


def test_long_stems_are_cut_and_stay_apart() -> None:
    one, other = (escaping.file_stem("roc", "x" * 300, end) for end in "ab")
    assert len(one) == len(other) == 150
    assert one != other


@given(st.text(min_size=1), st.text(min_size=1))
def test_different_words_have_different_stems(one: str, other: str) -> None:
    assert (escaping.file_stem(one) == escaping.file_stem(other)) == (one == other)


def test_padding_counts_columns_of_a_terminal() -> None:
    assert escaping.pad("日", 4) == "日  "
    assert escaping.pad("e\u0301", 3, right=True) == "  e\u0301"
