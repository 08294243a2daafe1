"""What a results folder was asked for: each specification that was run into it, with the cells that it means.

`asked/ID.json` is written when a run begins, and again whenever the same is asked for. By it `bench status` knows what
is to do, and `bench rerun` can ask again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from bench.atomic import require_writable
from bench.canonical import content_key
from bench.data.bindings import Binding
from bench.errors import BenchError
from bench.presence import at_work
from bench.progress import say
from bench.sealed import DamagedFileError, read_sealed, write_sealed
from bench.suites.library import find_suite, suite_names
from bench.suites.suite import Suite

from .planned import Planned, planned_cells
from .preparation import Preparation
from .specification import RunSpecification

FOLDER = "asked"
SCHEMA = 1

_PATHS = ("checkpoint", "transform", "data")
_SEVERAL = ("method", "ood", "shifted", "group", "seeds")


@dataclass(frozen=True)
class Asked:
    """One specification that was run, as plain data, its `command`, and its `cells`; `began` is the file's time.

    That is when it was run last, in seconds by the clock of the disk.
    """

    specification: Mapping[str, Any]
    command: str
    cells: tuple[Planned, ...]
    began: float

    @property
    def code_files(self) -> list[str]:
        """The files of the user's own code that it runs: plugins, and the file that makes its network."""
        network = str(self.specification.get("network") or "").partition(":")[0]
        return [*self.specification.get("plugin", ()), *([network] if network.endswith(".py") else [])]

    def to_specification(self, folder: Path) -> RunSpecification:
        """The specification, with its results in `folder`. Raises `BenchError` for what is not there any more."""
        values = dict(self.specification)
        values |= {name: Path(values[name]) for name in _PATHS if values.get(name) is not None}
        values |= {name: tuple(values[name]) for name in _SEVERAL if values.get(name) is not None}
        values["plugin"] = tuple(Path(path) for path in values.get("plugin", ()))
        values["bindings"] = {name: _binding(one) for name, one in values.get("bindings", {}).items()}
        if values.get("suite") is not None:
            values["suite"] = find_suite(values["suite"])
        return RunSpecification(**values, out=folder)


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
    cells = [one.to_dict() for one in planned_cells(preparation)]
    content = {"specification": plain, "command": _command_at(path), "cells": cells}
    write_sealed(path, SCHEMA, content)


def _command_at(path: Path) -> str:
    """What was typed first to ask for this: it may have been asked for again in other words."""
    typed = " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])
    try:
        return str(read_sealed(path, SCHEMA).get("command") or typed)
    except (BenchError, FileNotFoundError):
        return typed


def read_asked(folder: Path) -> list[Asked]:
    """All that `folder` was asked for, the latest first.

    Raises `BenchError` for a file that is damaged or of a newer version.
    """
    found = [_read(path) for path in (folder / FOLDER).glob("*.json")]
    return sorted(found, key=lambda one: -one.began)


def specification_data(spec: RunSpecification) -> dict[str, Any]:
    """The specification as plain data, without the folder of its results; paths are absolute."""
    data = {one.name: getattr(spec, one.name) for one in fields(spec) if one.name not in ("out", "suite", "bindings")}
    data |= {name: str(Path(data[name]).absolute()) for name in _PATHS if data[name] is not None}
    data |= {name: list(data[name]) for name in _SEVERAL if data[name] is not None}
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


def _binding(data: Mapping[str, Any]) -> Binding:
    file = data.get("file")
    return Binding(**{**data, "classes": tuple(data["classes"]), "file": Path(file) if file else None})


def _read(path: Path) -> Asked:
    data = read_sealed(path, SCHEMA)
    try:
        cells = tuple(Planned(**one) for one in data["cells"])
        return Asked(dict(data["specification"]), str(data["command"]), cells, path.stat().st_mtime)
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedFileError(path, error, "Delete it; no result is lost.") from error
