"""What cells of every kind have in common: a method, a key, and a place where the method is tried."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any

from bench.canonical import content_key
from bench.method_contract import Method


class Attempt(ABC):
    """A cell of any kind: it ends as a result or as a failure, and is kept under its key."""

    method: Method

    @property
    @abstractmethod
    def place(self) -> str:
        """On what the method is evaluated, for messages."""

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """What determines the result, as plain data."""

    @cached_property
    def key(self) -> str:
        """The name of the cell's files."""
        return content_key(self.describe())
