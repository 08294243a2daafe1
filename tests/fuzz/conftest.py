"""Fuzzing under a fixed budget: how many malformed inputs were tried is said at the end."""

from __future__ import annotations

import pytest

from tests.fuzz.survive import COUNTED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many malformed inputs this process tried."""
    if COUNTED["tried"]:
        terminalreporter.write_line(f"{COUNTED['tried']} malformed inputs, {COUNTED['refused']} of them refused")
