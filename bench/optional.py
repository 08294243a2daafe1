"""Libraries that only some features need: loaded when they are first used, or named with the extra that brings them."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from bench.errors import BenchError


def optional_module(name: str, *, extra: str, purpose: str) -> Any:
    """The module `name`, imported now.

    `extra` is the extra of oodbench that installs it, `purpose` what it is wanted for, as in "to read shards".
    Raises `BenchError` that names the extra to install where the library is not there.
    """
    if find_spec(name.partition(".")[0]) is None:
        raise BenchError(
            f"The library {name.partition('.')[0]} is needed {purpose}, and it is not installed. Install it with: "
            f"pip install 'oodbench[{extra}]'"
        )
    return import_module(name)
