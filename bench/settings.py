"""Values that a user sets by name, held to the names and types of their defaults."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from numbers import Integral, Real
from typing import Any

from bench.errors import BenchError, UnknownNameError


def checked_settings(owner: str, given: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The `given` values, each in the type of its default, so that equal values are one value: 4 becomes 4.0.

    Lists become tuples where the default is one; a default of another type, such as None, takes anything. `owner`
    (`odin`, `recipe`) stands in the messages. Raises `UnknownNameError` for a name without a default, and
    `BenchError` for a value of another kind, NaN and infinity.
    """
    for name in given:
        if name not in defaults:
            raise UnknownNameError(f"setting of {owner}:", name, defaults)
    return {name: _like(defaults[name], value, f"{owner}.{name}") for name, value in given.items()}


def _like(default: Any, value: Any, name: str) -> Any:
    kind = type(default)
    if kind not in _KINDS:
        return value
    described, fits = _KINDS[kind]
    if not fits(value):
        raise BenchError(f"{name} must be {described}, such as {default!r}, not {value!r}.")
    return kind(value)


_KINDS: dict[type, tuple[str, Callable[[Any], bool]]] = {
    bool: ("true or false", lambda value: isinstance(value, bool)),
    int: ("a whole number", lambda value: isinstance(value, Integral) and not isinstance(value, bool)),
    float: ("a number", lambda value: isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)),
    str: ("a word", lambda value: isinstance(value, str)),
    tuple: ("a list", lambda value: isinstance(value, list | tuple)),
}
