"""Dataclasses from TOML tables, whose values are held to the types that the fields say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from bench.errors import BenchError, UnknownNameError

T = TypeVar("T")


def from_table(kind: type[T], table: Any, path: Path) -> T:
    """An instance of the dataclass `kind` from a table in the file `path`, whose arrays become tuples.

    Raises `UnknownNameError` for a key that is none of its fields, and `BenchError` for one that is missing or has a
    value of another type.
    """
    known = {one.name: one for one in fields(kind)}  # type: ignore[arg-type]
    if not isinstance(table, Mapping):
        raise BenchError(f"{path} must have a table with the keys {', '.join(known)}, and not {_shown(table)}.")
    for key in table:
        if key not in known:
            raise UnknownNameError(f"key in {path}:", key, known)
    hints = get_type_hints(kind)
    for name, one in known.items():
        if name not in table and one.default is MISSING and one.default_factory is MISSING:
            raise BenchError(f"{path} lacks the key '{name}' of a {kind.__name__}.")
        if name in table and not fits(table[name], hints[name]):
            raise BenchError(f"'{name}' in {path} must be {_words(hints[name])}, and not {_shown(table[name])}.")
    return kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in table.items()})


def tables_of(value: Any, key: str, path: Path) -> list[dict[str, Any]]:
    """The `[[key]]` tables. Raises `BenchError` for anything else."""
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise BenchError(f"'{key}' in {path} must be [[{key}]] tables, and not {_shown(value)}.")
    return value


def fits(value: Any, hint: Any) -> bool:
    """Whether a value from TOML is what a type says: lists count as tuples, and whole numbers as floats."""
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return True
    if origin is UnionType:
        return any(fits(value, one) for one in inner)
    if origin is tuple:
        return isinstance(value, list | tuple) and all(fits(one, inner[0]) for one in value)
    if origin is Mapping:
        return isinstance(value, Mapping) and all(fits(one, inner[1]) for one in value.values())
    if isinstance(value, bool) or hint is bool:
        return isinstance(value, bool) and hint is bool
    return isinstance(value, int | float if hint is float else hint)


def _words(hint: Any) -> str:
    plain = {str: "a text in quotes", int: "a whole number", float: "a number", bool: "true or false"}
    if get_origin(hint) is UnionType:
        return " or ".join(_words(one) for one in get_args(hint) if one is not NoneType)
    if get_origin(hint) is tuple:
        return f"a list, each of which is {_words(get_args(hint)[0])}"
    if get_origin(hint) is Mapping:
        return f"a table, in which each is {_words(get_args(hint)[1])}"
    return plain.get(hint, "a value" if hint is Any else f"a table of a {hint.__name__}")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
