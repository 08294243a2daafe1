"""What a method learnt as plain data and arrays, and back, so that it can be kept without pickling anything."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from bench.errors import BenchError
from bench.extraction.constant import Constant

HERE = "."
"""What stands for the method's own module, whose name may differ from process to process where it is a plugin."""


@dataclass
class Writer:
    """Turns values into JSON data; arrays go to `arrays`, each once however often it occurs.

    It takes None, numbers, words, arrays, tensors, slices, lists, tuples, dictionaries, `Constant`s and dataclasses of
    such; anything else raises `BenchError`. `module` is that of the method.
    """

    module: str
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    _seen: dict[int, tuple[Any, dict[str, Any]]] = field(default_factory=dict)

    def write(self, value: Any, where: str) -> Any:
        """The value as JSON data; `where` says in an error what it is."""
        if value is None or isinstance(value, bool | int | str):
            return value
        if isinstance(value, float) and not isinstance(value, np.generic):
            return value if math.isfinite(value) else {"float": repr(value)}
        if isinstance(value, np.ndarray):
            return self._array(value, where)
        for name, kind, array in _HELD:
            if isinstance(value, kind):
                return {name: self._array(array(value), where)}
        return self._several(value, where)

    def _several(self, value: Any, where: str) -> Any:
        if isinstance(value, slice):
            return {"slice": [self.write(part, where) for part in (value.start, value.stop, value.step)]}
        if type(value) in (list, tuple):
            parts = [self.write(one, f"{where}[{place}]") for place, one in enumerate(value)]
            return {type(value).__name__: parts}
        if type(value) is dict:
            return {
                "dict": [[self.write(key, where), self.write(one, f"{where}[{key!r}]")] for key, one in value.items()]
            }
        if is_dataclass(value) and not isinstance(value, type):
            kind = type(value)
            module = HERE if kind.__module__ == self.module else kind.__module__
            held = {one.name: self.write(getattr(value, one.name), f"{where}.{one.name}") for one in fields(value)}
            return {"record": [module, kind.__qualname__], "fields": held}
        raise BenchError(
            f"{where} is a {type(value).__name__}, which cannot be kept in a file. Let fit learn numbers, words, "
            "arrays, tensors, lists, dictionaries and dataclasses of these."
        )

    def _array(self, array: NDArray[Any], where: str) -> dict[str, Any]:
        """Where the array is found. Its order in memory is kept, since the last bits of a product depend on it."""
        if id(array) in self._seen:
            return self._seen[id(array)][1]
        if array.dtype.kind not in "biuf":
            raise BenchError(f"{where} is an array of {array.dtype}, which cannot be kept in a file.")
        native = array.astype(array.dtype.newbyteorder("="), copy=False)
        turned = native.ndim > 1 and native.strides != tuple(sorted(native.strides, reverse=True))
        name = str(len(self.arrays))
        self.arrays[name] = np.ascontiguousarray(native.T if turned else native).reshape(
            native.shape[::-1] if turned else native.shape
        )
        place = {"array": name, "turned": turned}
        self._seen[id(array)] = array, place  # kept beside, so that no other array gets the same id
        return place


@dataclass(frozen=True)
class Reader:
    """Turns what a `Writer` made back into values. Raises `ValueError` or `KeyError` for what no `Writer` makes.

    Dataclasses are looked up in the method's own `module` and in modules of this project that are imported already:
    reading a file imports nothing and calls nothing else.
    """

    module: str
    arrays: Mapping[str, NDArray[Any]]

    def read(self, data: Any) -> Any:
        """The value."""
        if not isinstance(data, dict):
            return data
        if "record" in data:
            kind = self._kind(*data["record"])
            return kind(**{name: self.read(one) for name, one in data["fields"].items()})
        if "array" in data:
            array = self.arrays[data["array"]]
            return array.T if data["turned"] else array
        ((kind, content),) = data.items()
        return self._made(kind, content)

    def _made(self, kind: str, content: Any) -> Any:
        if kind == "float":
            return {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}[content]
        if kind == "dict":
            return {self.read(key): self.read(one) for key, one in content}
        if kind in ("list", "tuple", "slice"):
            return _GATHERED[kind]([self.read(one) for one in content])
        return _HOLDING[kind](self.read(content))

    def _kind(self, module: str, name: str) -> Any:
        source = self.module if module == HERE else module
        if module != HERE and source.partition(".")[0] != "bench":
            raise ValueError(f"{module}.{name} is of neither the method nor oodbench")
        found: Any = sys.modules.get(source)
        for part in name.split("."):
            found = getattr(found, part, None)
        if not (isinstance(found, type) and is_dataclass(found)):
            raise ValueError(f"there is no record {module}.{name}")
        return found


def _slice(parts: list[Any]) -> slice:
    start, stop, step = parts
    return slice(start, stop, step)


_GATHERED: dict[str, Callable[[list[Any]], Any]] = {"list": list, "tuple": tuple, "slice": _slice}
"""What holds several values, and how it is made of a list."""

_HELD: tuple[tuple[str, type[Any], Callable[[Any], NDArray[Any]]], ...] = (
    ("scalar", np.generic, np.asarray),
    ("tensor", torch.Tensor, lambda tensor: tensor.detach().cpu().numpy()),
    ("constant", Constant, lambda constant: constant.array),
)
"""What holds one array, and the way to that."""

_HOLDING: dict[str, Callable[[NDArray[Any]], Any]] = {
    "scalar": lambda array: array[()],
    "tensor": torch.from_numpy,
    "constant": Constant,
}
"""The ways back."""
