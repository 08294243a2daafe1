"""A fitted method as a file: arrays as safetensors, the rest as JSON in its header; nothing is pickled."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_safetensors

from bench.atomic import write_atomically
from bench.canonical import canonical_json
from bench.errors import BenchError
from bench.json_text import parse_json
from bench.method_contract import METHODS, Method
from bench.plugins import code_entry, require_code
from bench.state_tree import Reader, Writer

FORMAT, SCHEMA = "oodbench method", 1
_KEYS = {"schema", "method", "method_version", "parameters", "state", "checksum"}
_AGAIN = "Fit the method again and save it."


def save_method(method: Method, path: str | Path) -> None:
    """Write a fitted method to a file, for `load_method`. Raises `BenchError` where that is not possible.

    The file holds the method's name and version, its parameters and what `fit` learnt; for a method that compares with
    training images, such as KNN, that is all their features.
    """
    if "training" in method.needs and not method.state():
        raise BenchError(f"{method.name} has not been fitted, so there is nothing to keep of it. Call its fit first.")
    writer = Writer(type(method).__module__)
    state = {name: writer.write(value, f"{method.name}.{name}_") for name, value in method.state().items()}
    described = {
        "schema": SCHEMA,
        "method": method.name,
        "method_version": method.version,
        **code_entry("method_code", type(method)),
        "parameters": method.parameters(),
        "state": state,
    }
    described["checksum"] = _checksum(described, writer.arrays)
    content = to_safetensors(writer.arrays, metadata={FORMAT: canonical_json(described)})
    write_atomically(Path(path), lambda temporary: temporary.write_bytes(content))


def load_method(path: str | Path) -> Method:
    """The fitted method that `save_method` wrote; it scores as before, bit for bit.

    Raises `BenchError` for a file that is absent, damaged, of another kind or from a newer version, for a method that
    is not registered here, and for one whose version, or whose plugin's code, has changed since.
    """
    described, arrays = _read(Path(path))
    if described["schema"] > SCHEMA:
        raise BenchError(f"{path} was written by a newer oodbench (schema {described['schema']}). Upgrade it.")
    lacking = _KEYS - set(described)
    if lacking or described.pop("checksum") != _checksum(described, arrays):
        why = f"it lacks {', '.join(sorted(lacking))}" if lacking else "its checksum does not agree"
        raise BenchError(f"{path} is damaged: {why}. Restore it from a copy. {_AGAIN}")
    kind: type[Method] = METHODS.get(described["method"])
    if kind.version != described["method_version"]:
        raise BenchError(
            f"{path} holds version {described['method_version']} of {kind.name}, whose scores differ from those of "
            f"version {kind.version}. {_AGAIN}"
        )
    require_code(described, "method_code", kind, f"{path} was made", _AGAIN)
    method = kind.make(described["parameters"])
    reader = Reader(kind.__module__, arrays)
    try:
        for name, value in described["state"].items():
            setattr(method, f"{name}_", reader.read(value))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BenchError(f"{path} does not hold what {kind.name} learns ({error}). {_AGAIN}") from error
    return method


def _read(path: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    if not path.is_file():
        raise BenchError(f"There is no fitted method at {path}. {_AGAIN}")
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
        if FORMAT not in metadata:
            raise BenchError(f"{path} is not a fitted method but another safetensors file. Check the path.")
        described = parse_json(metadata[FORMAT])
        if not isinstance(described["schema"], int):
            raise TypeError(f"its schema is {described['schema']!r}")
    except (SafetensorError, OSError, ValueError, TypeError, KeyError) as error:
        raise BenchError(f"{path} is no whole file of a fitted method ({error}). Restore it from a copy.") from error
    return described, arrays


def _checksum(described: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> str:
    """SHA-256 of the description, and of every array's name, type, shape and bytes."""
    digest = hashlib.sha256(canonical_json(described).encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(json.dumps([name, array.dtype.str, list(array.shape)]).encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
