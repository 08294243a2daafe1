from __future__ import annotations

from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import BenchError
from bench.names import LONGEST, require_key, require_name, why_no_name


@pytest.mark.parametrize("name", ["msp", "wrn-28-10", "cifar10.1", "a_b", "C++", "0", "x" * LONGEST])
def test_plain_words_are_names(name: str) -> None:
    assert require_name(name, "method") == name


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../x", "/x", "a/b", "a\\b", "a\0b", "a\nb", ".x", "-x", "x.", "con", "Com1", "LPT9.txt", "nul",
     "é", "сifar10", "cifar１０", "a b", "a:b", "a*", "x" * (LONGEST + 1)],
)  # fmt: skip
def test_what_could_lead_elsewhere_is_none(name: str) -> None:
    with pytest.raises(BenchError, match="cannot name a method"):
        require_name(name, "method")


@given(st.text(max_size=8))
def test_a_name_is_one_part_of_a_path_on_every_system(text: str) -> None:
    if not why_no_name(text):
        assert PurePosixPath("a", text, "b").parts == ("a", text, "b")
        assert PureWindowsPath("a", text, "b").parts == ("a", text, "b")
        assert text.isascii()


@pytest.mark.parametrize("key", ["../x", "a/b", "", "a.b", "a\0", "x" * 81, "é"])
def test_keys_lead_nowhere(key: str) -> None:
    assert require_key("0123abcd") == "0123abcd"
    with pytest.raises(BenchError, match="is no key"):
        require_key(key)
