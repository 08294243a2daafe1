"""The report of a run: what is known of it, gathered, and written as one file."""

from __future__ import annotations

from .write import FORMATS, write_report

__all__ = ["FORMATS", "write_report"]
