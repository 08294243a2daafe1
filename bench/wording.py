"""Words that depend on a number."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """The count with its noun.

    >>> counted(1, "cell"), counted(2000, "cell")
    ('1 cell', '2,000 cells')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
