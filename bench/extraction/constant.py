"""Arrays that may stand in frozen dataclasses: compared, hashed and described by their content."""

from __future__ import annotations

import hashlib
from dataclasses import fields, is_dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.plugins import code_entry


class Constant:
    """An array that does not change; two with the same type, shape and bytes are equal."""

    def __init__(self, array: NDArray[Any]) -> None:
        self.array = np.array(array)
        self.array.flags.writeable = False

    @cached_property
    def digest(self) -> str:
        """SHA-256 of type, shape and bytes."""
        digest = hashlib.sha256(repr((self.array.dtype.str, self.array.shape)).encode())
        digest.update(np.ascontiguousarray(self.array).data)
        return digest.hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Constant) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"Constant({self.array.dtype}{list(self.array.shape)}, {self.digest[:8]})"


def describe(described: Any, version: int) -> dict[str, Any]:
    """A frozen dataclass as plain data for content keys: its class, a version, its fields, arrays by their digest."""
    assert is_dataclass(described)
    kind = type(described)
    values = {field.name: _plain(getattr(described, field.name)) for field in fields(described)}
    name = f"{kind.__module__}.{kind.__qualname__}"
    return {"kind": name, "version": version, **code_entry("code", kind), "parameters": values}


def _plain(value: Any) -> Any:
    return value.digest if isinstance(value, Constant) else list(value) if isinstance(value, tuple) else value
