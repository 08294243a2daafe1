"""A run in a TOML file: what the command line's options say, kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from bench.address import is_address
from bench.data.bindings import parse_binding, parse_bindings
from bench.errors import BenchError, UnknownNameError
from bench.remote import fetched_folder
from bench.suites.library import find_suite
from bench.suites.suite import Suite
from bench.toml_file import read_toml
from bench.user_path import user_path

from .specification import RunSpecification, seeds_from


def read_run_file(path: Path) -> dict[str, Any]:
    """The arguments of `RunSpecification` in a TOML run file, and its `format`, where it says one.

    Its keys are the command line's options (`tune-on` or `tune_on`), `[set.NAME]` tables of settings and
    `[datasets.NAME]` bindings; `suite` is the name of a suite or the path of its file. All paths, those after
    `NAME=folder:` and `NAME=npz:` too, count from the folder of the file.
    """
    return run_values(read_toml(path), path)


def run_values(table: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """What `read_run_file` gives, of keys and values that stand somewhere in the file at `path`."""
    data = {key.replace("-", "_"): value for key, value in table.items()}
    known = {field.name for field in fields(RunSpecification)} - {"settings", "bindings"}
    known |= {"set", "datasets", "seed", "format"}
    for key, value in data.items():
        if key not in known:
            raise UnknownNameError(f"key in {path}:", key, known)
        _check_kind(key, value, path)
    seeds = seeds_from(data.pop("seed", None), data.pop("seeds", None))
    tables = data.pop("set", {})
    bindings = parse_bindings(data.pop("datasets", {}), path)
    settings = {f"{owner}.{name}": value for owner in tables for name, value in tables[owner].items()}
    if seeds is not None:
        data["seeds"] = seeds
    return {**data, **_located(data, path.parent), "settings": settings, "bindings": bindings}


def _located(data: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Those of the keys that may name paths, with paths that count from `folder`."""

    def bound(text: str) -> str:
        return str(parse_binding(text, folder)) if "=" in text else text

    def several(texts: str | list[str]) -> str | list[str]:
        return bound(texts) if isinstance(texts, str) else [bound(text) for text in texts]

    def path(text: str) -> Path:
        return user_path(text, folder)

    def results(text: str) -> Path:
        return fetched_folder(text) if is_address(text) else path(text)

    def suite(text: str) -> Suite:
        return find_suite(text, folder)

    def paths(texts: str | list[str]) -> list[Path]:
        return [path(text) for text in ([texts] if isinstance(texts, str) else texts)]

    kinds: dict[str, Callable[[Any], Any]] = {
        "id": bound, "tune_on": bound, "ood": several, "shifted": several, "checkpoint": path, "data": path,
        "out": results, "transform": path, "suite": suite, "plugin": paths,
    }  # fmt: skip
    return {key: kinds[key](value) for key, value in data.items() if key in kinds}


def _check_kind(key: str, value: Any, path: Path) -> None:
    """Raise `BenchError` unless `value` is of the kind that the key of a run file takes."""
    if key in ("method", "ood", "shifted", "group", "plugin"):
        fits = isinstance(value, str) or (isinstance(value, list) and all(isinstance(one, str) for one in value))
        wanted = "a name or a list of names"
    elif key in ("seed", "seeds", "workers"):
        fits, wanted = isinstance(value, int) and not isinstance(value, bool), "a whole number"
    elif key in ("compile", "full_spectrum", "skip_broken"):
        fits, wanted = isinstance(value, bool), "true or false"
    elif key in ("set", "datasets"):
        fits = isinstance(value, dict) and all(isinstance(table, dict) for table in value.values())
        wanted = f"tables, such as [{key}.NAME]"
    else:
        fits, wanted = isinstance(value, str), "a text in quotes"
    if not fits:
        raise BenchError(f"'{key}' in {path} must be {wanted}, not {value!r}.")
