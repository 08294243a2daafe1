"""Each check is proved by something with one fault, which that check finds and no other."""

from __future__ import annotations

import contextlib
import io
import tempfile
from pathlib import Path

import pytest

from bench.plugins import PluginFile
from bench.testing.checks import CHECKS
from bench.testing.outcome import Outcome
from bench.testing.target import all_checked

FOLDER = Path(__file__).parent
FILES = [PluginFile.read(path) for path in sorted(FOLDER.glob("bad_*.py"))]
NAMES = {(entry.kind, entry.name): file.path for file in FILES for entry in file.entries}
BAD = [(kind, name) for kind, name in NAMES if name.startswith("bad-")]

MAY_RAISE = {
    "any-memory-layout",
    "follows-the-device",
    "loads",
    "picklable",
    "reads-files-of-arrays",
    "runs",
    "says-that-it-is-missing",
    "shape",
    "training-transform-fits",
}
"""Checks whose recommended lines raise what the check found."""


def outcomes(kind: str, name: str) -> list[Outcome]:
    [one] = all_checked(f"{NAMES[kind, name]}:{name}", kind)
    return [one.outcome(check) for check in one.checks]


def broken_by(name: str) -> str:
    return name.removeprefix("bad-").partition("--")[0]


@pytest.mark.parametrize("kind", CHECKS)
def test_every_check_has_something_that_breaks_it(kind: str) -> None:
    assert {broken_by(name) for one, name in BAD if one == kind} == {check.name for check in CHECKS[kind]}
    assert all(check.meaning.endswith(".") for check in CHECKS[kind])


@pytest.mark.parametrize(("kind", "name"), sorted(set(NAMES) - set(BAD)))
def test_what_has_no_fault_passes(kind: str, name: str) -> None:
    found = outcomes(kind, name)
    assert [one.check for one in found if one.status == "failed"] == []
    skipped = {one.check for one in found if one.status == "skipped"}
    assert len(skipped) <= (12 if name == "good-stored" else 6), skipped


@pytest.mark.parametrize(("kind", "name"), BAD)
def test_a_fault_is_found_by_its_check_alone(kind: str, name: str) -> None:
    failed = [one for one in outcomes(kind, name) if one.status == "failed"]
    assert [one.check for one in failed] == [broken_by(name)], [str(one.failure) for one in failed]
    [failure] = [one.failure for one in failed if one.failure is not None]
    assert failure.expected
    assert failure.found
    look_further(failure.look, may_raise=broken_by(name) in MAY_RAISE)


def look_further(lines: str, *, may_raise: bool) -> None:
    """The lines that a failure recommends run, but where it is their point that they do not."""
    with (
        contextlib.redirect_stdout(io.StringIO()) as printed,
        tempfile.TemporaryDirectory() as folder,
        contextlib.chdir(folder),
    ):
        try:
            exec(compile(lines, "look", "exec"), {})  # noqa: S102 - our own lines
        except Exception:
            if not may_raise:
                raise
    assert printed.getvalue() or may_raise or "print" not in lines
