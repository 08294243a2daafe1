"""What a conformance check is, and what it says when it fails."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar
from unittest import SkipTest

S = TypeVar("S")


class CheckFailure(AssertionError):  # noqa: N818 - a failed assertion, not an error of the checks
    """A rule that is broken: what was expected, what came, and Python lines with which to look further."""

    def __init__(self, expected: str, found: str, look: str) -> None:
        self.expected, self.found, self.look = expected, found, look
        super().__init__(f"expected: {expected}\nfound: {found}\nlook further:\n{_indented(look)}")


class CheckSkipped(SkipTest):
    """A check that has nothing to say of this subject, with the reason; pytest takes it for a skipped test."""


@dataclass(frozen=True)
class Check(Generic[S]):
    """A named rule. `run` returns where a subject keeps it, raises `CheckFailure` where it does not, and
    `CheckSkipped` where the rule does not apply.
    """

    name: str
    meaning: str
    run: Callable[[S], None]


def check(rule: Callable[[S], None]) -> Check[S]:
    """Make a function a check: its name, with hyphens, is the check's, and its docstring says what must hold."""
    return Check(rule.__name__.replace("_", "-"), " ".join((inspect.getdoc(rule) or "").split()), rule)


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
