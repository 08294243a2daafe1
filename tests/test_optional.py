"""Optional libraries are imported on demand, and their absence names the extra."""

import json

import pytest

from bench.errors import BenchError
from bench.optional import optional_module


def test_a_library_that_is_there_is_imported() -> None:
    assert optional_module("json", extra="none", purpose="to test") is json


def test_a_submodule_is_imported_itself() -> None:
    assert optional_module("json.decoder", extra="none", purpose="to test").JSONDecoder is json.JSONDecoder


def test_a_library_that_is_not_there_is_named_with_its_extra() -> None:
    with pytest.raises(BenchError, match=r"no_such_library is needed to test.*pip install 'oodbench\[some\]'"):
        optional_module("no_such_library.part", extra="some", purpose="to test")
