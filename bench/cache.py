"""Where things that are found again live: trained checkpoints and extracted outputs, named by their content keys."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_path

VARIABLE = "BENCH_CACHE"


def cache_root() -> Path:
    """`$BENCH_CACHE`, or the user's cache folder for oodbench."""
    chosen = os.environ.get(VARIABLE)
    return Path(chosen) if chosen else user_cache_path("oodbench", appauthor=False)
