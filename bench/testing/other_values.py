"""Legal values of a hyper-parameter besides its default."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin, get_type_hints

from bench.errors import BenchError
from bench.method_contract import Method

from .trials import Trials


def other_values(cls: type[Method], name: str) -> list[Any]:
    """Values to try for the parameter `name`, some of which the method may refuse; none where nothing can be guessed.

    They are the searched value that is furthest from the default in the list, the other words of a `Literal`, the
    other truth value, or for a number some that are larger and smaller.
    """
    default = inspect.signature(cls).parameters[name].default
    hint = _hint(cls, name)
    searched = [value for value in cls.search.get(name, ()) if value != default]
    if searched:
        return searched[-1:]
    if get_origin(hint) is Literal:
        return [value for value in get_args(hint) if value != default]
    if isinstance(default, bool):
        return [not default]
    if isinstance(default, int | float):
        guesses = (3 * default + 1, default / 2, 0.8 * default, default + 1, default - 1, 30 * default, 2)
        return [value for value in dict.fromkeys(type(default)(guess) for guess in guesses) if value != default]
    return []


def accepted(trials: Trials, cls: type[Method], parameters: Mapping[str, Any]) -> bool:
    """Whether the method can be made with these parameters, and fitted."""
    try:
        trials(cls(**parameters), count=1)
    except (BenchError, ValueError):
        return False
    return True


def _hint(cls: type[Method], name: str) -> Any:
    try:
        return get_type_hints(cls.__init__).get(name)
    except NameError:  # a hint that only type checkers can see
        return None
