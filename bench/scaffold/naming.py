"""What a new thing is called in its several places, and names that cannot be."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from bench.errors import BenchError, UnknownNameError
from bench.plugins import GROUPS
from bench.registry import registry
from bench.suites.library import find_suite, suite_names

Kind = Literal["method", "dataset", "network", "suite"]

WORDS = {"method": "scoring method", "dataset": "data set", "network": "network", "suite": "suite"}

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Naming:
    """The names that follow from one, such as `my-score`."""

    kind: Kind
    name: str

    @classmethod
    def of(cls, kind: str, name: str) -> Naming:
        """The names of a new thing. Raises `BenchError` for a name that cannot be or is taken, or an unknown kind."""
        if kind not in get_args(Kind):
            raise UnknownNameError("kind", kind, get_args(Kind))
        if not _NAME.fullmatch(name) or keyword.iskeyword(name):
            raise BenchError(
                f"'{name}' cannot be the name of a {WORDS[kind]}. Use small letters, digits and single hyphens, a "
                "letter first, and no word of Python's, such as my-score."
            )
        made: Naming = cls(kind, name)  # type: ignore[arg-type]  # it is one of them
        made._require_new()
        return made

    def _require_new(self) -> None:
        if self.kind == "suite":
            taken = str(find_suite(self.name).origin) if self.name in suite_names() else ""
        else:
            entries = registry(self.kind).entries
            taken = entries[self.name].origin if self.name in entries else ""
        if taken:
            raise BenchError(
                f"There is a {WORDS[self.kind]} called '{self.name}' already: {taken}. Choose another name."
            )

    @property
    def file_name(self) -> str:
        """`my_score`, as a module is called."""
        return self.name.replace("-", "_")

    @property
    def module(self) -> str:
        """`oodbench_my_score`, as the package is imported."""
        return f"oodbench_{self.file_name}"

    @property
    def class_name(self) -> str:
        """`MyScore`."""
        return "".join(word.capitalize() for word in self.name.split("-"))

    def fields(self) -> dict[str, str]:
        """What stands for the placeholders of the templates, but for where the thing is found."""
        return {
            "kind": self.kind,
            "kind_words": WORDS[self.kind],
            "name": self.name,
            "file_name": self.file_name,
            "module": self.module,
            "class_name": self.class_name,
            "title": self.name.replace("-", " ").capitalize(),
            "group": GROUPS[self.kind],
            "entry": f"{self.module}:SUITE" if self.kind == "suite" else self.target,
            "year": str(datetime.now(UTC).year),
        }

    @property
    def target(self) -> str:
        """`oodbench_my_score.my_score:MyScore`, where a package has it; the name of a suite."""
        return self.name if self.kind == "suite" else f"{self.module}.{self.file_name}:{self.class_name}"
