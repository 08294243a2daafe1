from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.json_text import parse_json

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(plain)
def test_it_is_json(value: Any) -> None:
    assert parse_json(json.dumps(value)) == value


@pytest.mark.parametrize("text", ["NaN", "[-Infinity]", "1e999", "-1e999", "[" * 100_000, '{"a":' * 50_000, "", "{"])
def test_what_python_takes_beside_it_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"finite|nested|Expecting"):
        parse_json(text)
