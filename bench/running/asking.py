"""Noting in a results folder what it is asked for, before anything of it is done."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.atomic import require_writable
from bench.command_line import command_text
from bench.errors import BenchError
from bench.presence import at_work
from bench.progress import say
from bench.remote import publish
from bench.sealed import read_sealed, write_sealed

from .asked import SCHEMA
from .plain_specification import asked_path, specification_data
from .planned import planned_cells
from .preparation import Preparation


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
    try:
        path = asked_path(preparation.specification)
    except (TypeError, ValueError) as error:
        say(f"Warning: what was asked for cannot be kept ({error}), so bench status will not know what is to do.")
        return
    cells = [one.to_list() for one in planned_cells(preparation)]
    plain = specification_data(preparation.specification)
    content = {"specification": plain, "command": _command_at(path), "cells": cells}
    write_sealed(path, SCHEMA, content)
    publish(path)


def _command_at(path: Path) -> str:
    """What was typed first to ask for this: it may have been asked for again in other words."""
    typed = command_text([Path(sys.argv[0]).name, *sys.argv[1:]])
    try:
        return str(read_sealed(path, SCHEMA).get("command") or typed)
    except (BenchError, FileNotFoundError):
        return typed
