"""Where data sets are looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.data.location import data_root


def test_what_is_given_goes_before_the_environment_and_this_before_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_DATA", "/from/environment")
    assert data_root("/given") == Path("/given")
    assert data_root(Path("~/given")) == Path.home() / "given"
    assert data_root() == Path("/from/environment")
    monkeypatch.setenv("BENCH_DATA", "")
    assert data_root().parts[-2:] == ("oodbench", "data")
    assert data_root().is_absolute()
