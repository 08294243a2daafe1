"""The table of `tiny_paper.py` as files, and requests for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.reproducing.request import Request
from tests.reproducing.tiny_paper import PUBLISHED, TABLE


@pytest.fixture
def make_paper(tmp_path: Path) -> Callable[..., Path]:
    """Writes a table's two files, with some texts replaced, and gives the path of the TOML file."""

    def make(*changes: tuple[str, str], table: str = TABLE, published: str = PUBLISHED) -> Path:
        for old, new in changes:
            assert old in table
            table = table.replace(old, new)
        path = tmp_path / "digits-table.toml"
        path.write_text(table, encoding="utf-8")
        path.with_suffix(".csv").write_text(published.lstrip(), encoding="utf-8")
        return path

    return make


@pytest.fixture
def make_request(make_paper: Callable[..., Path], tmp_path: Path) -> Callable[..., Request]:
    """A request for the tests' own table, with trainings of one epoch."""

    def make(*changes: tuple[str, str], **options: Any) -> Request:
        settings = {"recipe.epochs": 1, "uniform.count": 60, **options.pop("settings", {})}
        given = {"settings": settings, "device": "cpu", "data": tmp_path / "data", "out": tmp_path / "out", **options}
        return Request.of(str(make_paper(*changes)), **given)

    return make
