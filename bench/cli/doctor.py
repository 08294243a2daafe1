"""`bench doctor`: what this machine has, for one who wonders why something does not work."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import typer

from .columns import print_columns
from .formats import FormatOption, TableOrJson
from .options import Data

COMPLETION = "Shell completion is installed by: bench --install-completion"


def doctor(data: Data = None, output_format: FormatOption = TableOrJson.TABLE) -> None:
    """Print versions, devices, which data sets are found, and the cache folder with its size and the free disk."""
    from bench.diagnosis import diagnose

    found = diagnose(data)
    if output_format is TableOrJson.JSON:
        typer.echo(json.dumps(found, indent=1))
    else:
        print_columns(list(_rows(found)))
    typer.echo(COMPLETION, err=True)


def _rows(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    from bench.data.download import readable_bytes

    yield from ((name, _version(value)) for name, value in found["versions"].items())
    devices = found["devices"]
    yield "device auto", f"is {devices['auto']}"
    yield from ((f"device {name}", _device(facts)) for name, facts in devices.items() if name != "auto")
    data, cache = found["data"], found["cache"]
    yield "data folder", data["folder"] + ("" if data["exists"] else f" (not there; ${data['variable']} sets it)")
    for name, state in data["sets"].items():
        yield f"data {name}", f"{state['state']}  {state['detail']}"
    size, free = readable_bytes(cache["bytes"]), readable_bytes(cache["free_bytes"])
    yield "cache folder", f"{cache['folder']} (${cache['variable']} sets it)"
    yield "cache size", f"{size} in {cache['files']:,} files; {free} of disk free"


def _version(value: Any) -> str:
    if isinstance(value, dict):
        return f"{value['commit'][:12]}{', with changes' if value['dirty'] else ''}"
    return value or "none"


def _device(facts: dict[str, Any]) -> str:
    from bench.data.download import readable_bytes

    native = {True: "bf16 native", False: "bf16 emulated", None: "bf16 not known"}
    words = [facts["name"]]
    if "cores" in facts:
        words.append(f"{facts['cores']} cores, {facts['threads']} threads used")
    if "memory" in facts:
        words.append(readable_bytes(facts["memory"]))
    return ", ".join([*words, native[facts["bf16"]]])
