"""The checks as tests of pytest, one for each check of each thing, with expected failures that must fail."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from bench.errors import BenchError, UnknownNameError
from bench.optional import optional_module

from .check import Check, CheckFailure, CheckSkipped
from .conformance import named_check
from .target import Checked, Options, Target, all_checked

ExpectedFailures = Mapping[str, Mapping[str, str]]
"""By the name of a thing, its checks that are known to fail, each with the reason."""


class Case:
    """A check of one thing, to be called in a test: `check()`."""

    def __init__(self, checked: Checked, check: Check[Any]) -> None:
        self.checked, self.check = checked, check

    def __call__(self) -> None:
        """Raise `CheckFailure` if the check fails; what is skipped is a skipped test."""
        outcome = self.checked.outcome(self.check)
        if outcome.failure is not None:
            raise outcome.failure
        if outcome.status == "skipped":
            raise CheckSkipped(outcome.reason)

    def __repr__(self) -> str:
        return f"{self.checked.name}-{self.check.name}"


def parametrize_with_checks(
    targets: Iterable[Target],
    expected_failures: ExpectedFailures | None = None,
    *,
    kind: str | None = None,
    data: Path | None = None,
    size: int = 32,
    tolerance: float = 1e-5,
) -> Callable[[Callable[..., None]], Any]:
    """Decorator of a test that takes `check` and calls it: a test for every check of every target.

        @parametrize_with_checks(["my_method.py"], expected_failures={"my-method": {"tie-share": "it counts votes"}})
        def test_conforms(check):
            check()

    An expected failure has a reason, and must fail: one that passes is an error, so that no stale one stays. The
    other arguments are those of `check_method`, `check_dataset` and `check_network`. Raises `BenchError` for a name,
    a check or a reason that is not there.
    """
    pytest: Any = optional_module("pytest", extra="dev", purpose="to make tests of checks")
    options = Options(data=data, size=size, tolerance=tolerance)
    things = [one for target in targets for one in all_checked(target, kind, options)]
    reasons = _reasons(things, expected_failures or {})
    cases = [
        pytest.param(
            Case(one, check),
            id=f"{one.name}-{check.name}",
            marks=[
                pytest.mark.xfail(reason=reasons[one.name, check.name], strict=True, raises=CheckFailure)
                for _ in range((one.name, check.name) in reasons)
            ],
        )
        for one in things
        for check in one.checks
    ]
    decorator: Callable[[Callable[..., None]], Any] = pytest.mark.parametrize("check", cases)
    return decorator


def _reasons(things: list[Checked], expected: ExpectedFailures) -> dict[tuple[str, str], str]:
    """The reasons by thing and check; raises `BenchError` for what is not among the things, or has no reason."""
    by_name = {one.name: one for one in things}
    found = {}
    for name, checks in expected.items():
        if name not in by_name:
            raise UnknownNameError("name in expected_failures:", name, by_name)
        for check, reason in checks.items():
            named_check(by_name[name], check)
            if not isinstance(reason, str) or not reason.strip():
                raise BenchError(f"The expected failure of {check} of {name} needs a reason.")
            found[name, check] = reason
    return found
