"""From what a user types to a data set."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.errors import BenchError, UnknownNameError

from .binding_kind import BINDING_KINDS, likely_kind
from .bindings import Binding, parse_binding
from .bound import BoundSet
from .dataset import DATASETS, DataSet


def resolve_dataset(text: str, bindings: Mapping[str, Binding], options: Mapping[str, Any]) -> DataSet:
    """The data set that `text` means: `NAME=KIND:SOURCE`, a name in `bindings`, or a registered name.

    `corrupt:TEXT:KIND:SEVERITY` is a corrupted copy of what TEXT means; options are those of TEXT.

    `options` are keyword arguments of the data set's constructor (`count`, `seed`, …). Raises `UnknownNameError` for a
    name that nothing has, `BenchError` for an option that the data set does not have.
    """
    if text.startswith("corrupt:"):
        from .corrupted import corrupted_set

        return corrupted_set(text, lambda name: resolve_dataset(name, bindings, options))
    if "=" in text:
        return _bound(parse_binding(text), options)
    if text in bindings:
        return _bound(bindings[text], options)
    if text not in DATASETS:
        if Path(text).exists():
            raise BenchError(f"'{text}' is a path. Give it a name: NAME={likely_kind(text)}:{text}.")
        if text.partition(":")[0] in BINDING_KINDS:
            raise BenchError(f"'{text}' has no name. Give it one: NAME={text}.")
        raise UnknownNameError("dataset", text, [*DATASETS.names(), *bindings])
    chosen = DATASETS.get(text)
    _require_known(text, options, list(inspect.signature(chosen).parameters))
    data_set: DataSet = chosen(**options)
    return data_set


def named_datasets(bindings: Mapping[str, Binding]) -> list[DataSet]:
    """A data set for each registered name, but for broken ones, and each bound name, in the order of names."""
    return [resolve_dataset(name, bindings, {}) for name in sorted({*DATASETS.usable(), *bindings})]


def _bound(binding: Binding, options: Mapping[str, Any]) -> DataSet:
    _require_known(str(binding), options, [])
    return BoundSet(binding)


def _require_known(name: str, options: Mapping[str, Any], known: list[str]) -> None:
    for option in options:
        if option not in known:
            raise UnknownNameError(f"option of {name}", option, known)
