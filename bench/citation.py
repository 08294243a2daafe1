"""Where a method, a data set or a network comes from, as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Citation:
    """A publication, printed by `bench describe` and in reports.

    `where` names the equation, section or table that the code implements; `url` points to the paper.
    """

    title: str
    authors: str
    year: int
    venue: str = ""
    url: str = ""
    where: str = ""

    def __str__(self) -> str:
        parts = [
            f"{self.authors} ({self.year}). {self.title}." if self.authors else f"{self.title}.",
            self.venue and f"{self.venue}.",
            self.url,
            self.where and f"[{self.where}]",
        ]
        return " ".join(part for part in parts if part)


UNPUBLISHED = Citation("Not published", "", 0)
"""What stands for a publication where there is none yet."""
