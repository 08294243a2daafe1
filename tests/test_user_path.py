from __future__ import annotations

from pathlib import Path

import pytest

from bench.errors import BenchError
from bench.user_path import user_path


def test_paths_count_from_the_base_and_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert user_path("a/b", Path("/base")) == Path("/base/a/b")
    assert user_path("/a", Path("/base")) == Path("/a")
    assert user_path("~/a", Path("/base")) == Path("/home/me/a")


@pytest.mark.parametrize(("text", "why"), [("~nobody-of-that-name/x", "home"), ("a\0b", "NUL")])
def test_what_is_no_path_is_said(text: str, why: str) -> None:
    with pytest.raises(BenchError, match=why):
        user_path(text)
