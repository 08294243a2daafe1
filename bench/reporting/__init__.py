"""The report of a run, written as one file, and the leaderboard of many: what is known of them, gathered."""

from __future__ import annotations

from .leaderboard import write_leaderboard
from .write import FORMATS, write_report

__all__ = ["FORMATS", "write_leaderboard", "write_report"]
