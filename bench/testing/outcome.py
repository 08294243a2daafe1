"""What came of a check: ok, failed with what to do about it, or skipped with the reason."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from .check import Check, CheckFailure, CheckSkipped

S = TypeVar("S")

Status = Literal["ok", "failed", "skipped"]


@dataclass(frozen=True)
class Outcome:
    """What one check said of one subject; `failure` is None unless it failed, `reason` is why it was skipped."""

    check: str
    meaning: str
    status: Status
    failure: CheckFailure | None = None
    reason: str = ""

    def describe(self) -> dict[str, Any]:
        """The outcome as plain data."""
        parts = ("expected", "found", "look")
        told = {part: getattr(self.failure, part) for part in parts} if self.failure else {}
        own = {"check": self.check, "meaning": self.meaning, "status": self.status, "reason": self.reason}
        return {key: value for key, value in own.items() if value} | told


def outcome_of(check: Check[S], subject: S, look: str) -> Outcome:
    """Run one check. What the subject raises on the way is a failure too, with the lines `look` to see it again."""
    try:
        check.run(subject)
    except CheckSkipped as skipped:
        return Outcome(check.name, check.meaning, "skipped", reason=str(skipped))
    except CheckFailure as failure:
        return Outcome(check.name, check.meaning, "failed", failure)
    except Exception as error:
        return Outcome(check.name, check.meaning, "failed", CheckFailure(check.meaning, raised(error), look))
    return Outcome(check.name, check.meaning, "ok")


def outcomes_of(checks: Iterable[Check[S]], subject: S, look: str) -> list[Outcome]:
    """Run several checks on one subject; none keeps the others from running."""
    return [outcome_of(check, subject, look) for check in checks]


def raised(error: BaseException) -> str:
    """An error in one line: its type, its message, and the place where it came up."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}{place}"
