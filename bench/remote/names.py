"""Which objects belong to results: by whole names, so that nothing else is ever written to a folder.

Whoever may write to the bucket may name objects as he likes, such as `../x`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

_KEY = "[A-Za-z0-9_-]{1,80}"
_RESULT = re.compile(
    rf"(?:misclassification/)?(?:(?:cells|failures)/{_KEY}\.json|(?:scores|estimates)/{_KEY}\.npz)"
    rf"|(?:asked|networks)/{_KEY}\.json|suites\.json",
    re.ASCII,
)
_NOTE = re.compile(r"networks/.*|suites\.json", re.ASCII)
_LARGE = re.compile(r"(?:misclassification/)?(?:scores|estimates)/.*", re.ASCII)
_RECORD = re.compile(r"(?:misclassification/)?cells/.*", re.ASCII)
_FOLDERS = ("cells", "scores", "failures", "estimates", "asked", "networks")


def is_result(name: str) -> bool:
    """Whether an object of this name is part of results."""
    return _RESULT.fullmatch(name) is not None


def is_note(name: str) -> bool:
    """Whether what has this name changes while a run goes on, so that the address has the truth of it."""
    return _NOTE.fullmatch(name) is not None


def is_large(name: str) -> bool:
    """Whether telling the state of a run needs no object of this name: scores, and what is computed from them."""
    return _LARGE.fullmatch(name) is not None


def is_record(name: str) -> bool:
    """Whether it is the record of a cell, which comes after all else of that cell."""
    return _RECORD.fullmatch(name) is not None


def local_results(folder: Path) -> Iterator[str]:
    """The names of the results in a folder."""
    for part in (folder, folder / "misclassification"):
        paths = (path for name in _FOLDERS for path in (part / name).glob("*"))
        names = (path.relative_to(folder).as_posix() for path in (*paths, part / "suites.json") if path.is_file())
        yield from filter(is_result, names)
