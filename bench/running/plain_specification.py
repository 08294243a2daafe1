"""A specification as plain data, by which it is kept in a results folder and known again."""

from __future__ import annotations

from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from bench.canonical import content_key
from bench.data.bindings import Binding
from bench.suites.library import find_suite, suite_names
from bench.suites.suite import Suite

from .asked import FOLDER, PATHS, SEVERAL
from .specification import RunSpecification


def asked_path(spec: RunSpecification) -> Path:
    """The file by which its results folder knows that this was asked for.

    Raises `TypeError` or `ValueError` where a setting is not plain data.
    """
    return spec.out / FOLDER / f"{content_key(specification_data(spec))}.json"


def specification_data(spec: RunSpecification) -> dict[str, Any]:
    """The specification as plain data, without the folder of its results; paths are absolute."""
    data = {one.name: getattr(spec, one.name) for one in fields(spec) if one.name not in ("out", "suite", "bindings")}
    data |= {name: str(Path(data[name]).absolute()) for name in PATHS if data[name] is not None}
    data |= {name: list(data[name]) for name in SEVERAL if data[name] is not None}
    data["plugin"] = [str(path) for path in spec.plugin]
    data["settings"] = dict(spec.settings)
    data["bindings"] = {name: _plain_binding(one) for name, one in spec.bindings.items()}
    if spec.suite is not None:
        data["suite"] = _suite_text(spec.suite)
    return data


def _suite_text(suite: Suite) -> str:
    """What `find_suite` finds the suite by: its name, or the path of its file."""
    is_by_name = suite.name in suite_names() and find_suite(suite.name).origin == suite.origin
    return suite.name if is_by_name or suite.origin is None else str(suite.origin.absolute())


def _plain_binding(binding: Binding) -> dict[str, Any]:
    return {**asdict(binding), "classes": list(binding.classes), "file": str(binding.file) if binding.file else None}
