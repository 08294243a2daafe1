"""Errors that a user can mend: shown as one message with exit code 2, never as a traceback."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class BenchError(Exception):
    """Bad input. The message says what was wrong, where, and what to do about it."""


class UnknownNameError(BenchError):
    """A name that no registry of its kind holds; suggests the nearest known one."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind, self.name, self.known = kind, name, sorted(set(known))
        super().__init__(
            f"Unknown {kind} '{name}'.{did_you_mean(name, self.known)} Known: {', '.join(self.known) or 'none'}."
        )


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence, after a space, that suggests the nearest of the `known` names; empty where none is near."""
    near = difflib.get_close_matches(name.lower(), sorted(set(known)), n=1, cutoff=0.5)
    return f" Did you mean '{near[0]}'?" if near else ""


class MissingDataError(BenchError):
    """A data set that is not on this machine; the message says what to type to get it."""


class NotFittedError(BenchError, AttributeError):
    """A method was asked for what it has not learnt yet; the message says to call `fit`."""


class NonFiniteScoresError(BenchError):
    """A method produced NaN or an infinite score; names the method, the data set and the first image."""
