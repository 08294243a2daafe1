"""Noting in a results folder what it is asked for, before anything of it is done."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from bench.atomic import require_writable
from bench.canonical import content_key
from bench.command_line import command_text
from bench.data.bindings import Binding
from bench.errors import BenchError
from bench.presence import at_work
from bench.progress import say
from bench.sealed import read_sealed, write_sealed
from bench.suites.library import find_suite, suite_names
from bench.suites.suite import Suite

from .asked import FOLDER, PATHS, SCHEMA, SEVERAL
from .planned import planned_cells
from .preparation import Preparation
from .specification import RunSpecification


@contextmanager
def asked_for(preparation: Preparation) -> Iterator[None]:
    """Note what is asked for in the results folder, and for the time of the block that this process is at work there.

    Raises `BenchError` where images are missing or the folder cannot be written to.
    """
    out = preparation.specification.out
    preparation.load_images()
    require_writable(out)
    with at_work(out):
        _keep(preparation)
        yield


def _keep(preparation: Preparation) -> None:
    plain = specification_data(preparation.specification)
    try:
        path = preparation.specification.out / FOLDER / f"{content_key(plain)}.json"
    except (TypeError, ValueError) as error:
        say(f"Warning: what was asked for cannot be kept ({error}), so bench status will not know what is to do.")
        return
    cells = [one.to_list() for one in planned_cells(preparation)]
    content = {"specification": plain, "command": _command_at(path), "cells": cells}
    write_sealed(path, SCHEMA, content)


def _command_at(path: Path) -> str:
    """What was typed first to ask for this: it may have been asked for again in other words."""
    typed = command_text([Path(sys.argv[0]).name, *sys.argv[1:]])
    try:
        return str(read_sealed(path, SCHEMA).get("command") or typed)
    except (BenchError, FileNotFoundError):
        return typed


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
