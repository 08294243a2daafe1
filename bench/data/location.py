"""Where data sets are looked for on this machine."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_path

from bench.user_path import user_path

VARIABLE = "BENCH_DATA"


def data_root(explicit: Path | str | None = None) -> Path:
    """The folder that holds the data sets: `explicit`, else `$BENCH_DATA`, else the user's cache folder."""
    chosen = explicit or os.environ.get(VARIABLE)
    return user_path(chosen) if chosen else user_cache_path("oodbench", appauthor=False) / "data"
