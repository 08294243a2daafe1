"""Equal meanings have equal keys, different ones different keys."""

import hashlib
import json
import os
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.canonical import canonical_json, content_key

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
plain: st.SearchStrategy[Any] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12
)


def shuffled(data: Any) -> Any:
    """The same data with every dictionary in the opposite order."""
    if isinstance(data, dict):
        return {key: shuffled(data[key]) for key in reversed(data)}
    return [shuffled(item) for item in data] if isinstance(data, list) else data


@given(plain)
def test_the_order_of_keys_does_not_matter_and_the_text_is_json(data: Any) -> None:
    text = canonical_json(data)
    assert canonical_json(shuffled(data)) == text
    assert json.loads(text) == data
    assert text.isascii()


@given(plain, plain)
def test_different_data_have_different_texts_and_keys(left: Any, right: Any) -> None:
    same = json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)
    assert (canonical_json(left) == canonical_json(right)) is same
    assert (content_key(left) == content_key(right)) is same


def test_the_key_is_the_start_of_the_sha256_of_a_known_text() -> None:
    data = {"b": [1, 2.5, None], "a": "ä"}
    text = r'{"a":"\u00e4","b":[1,2.5,null]}'
    assert canonical_json(data) == text
    assert content_key(data) == hashlib.sha256(text.encode()).hexdigest()[:32]


def test_tuples_and_lists_mean_the_same() -> None:
    assert canonical_json({"mean": (0.5, 0.25)}) == canonical_json({"mean": [0.5, 0.25]})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_json_lacks_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"epsilon": value})


def test_another_process_makes_the_same_key() -> None:
    data = {"method": "odin", "parameters": {"epsilon": 0.1 + 0.2, "unit": "raw"}, "set": sorted("cab")}
    program = f"from bench.canonical import content_key; print(content_key({data!r}))"
    environment = {**os.environ, "PYTHONHASHSEED": "77"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == content_key(data)
