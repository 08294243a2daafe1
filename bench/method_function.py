"""A plain function of a network's outputs as a scoring method."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import new_class
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError
from bench.extraction.outputs import Outputs

ScoreFunction = Callable[..., NDArray[Any]]
"""`function(outputs, temperature=1.0, …)`: scores `(N,)` from outputs and hyper-parameters that have defaults."""

B = TypeVar("B", bound=type)
"""A class; an abstract one too, which is no `type[…]` of itself for a type checker."""


def method_class(function: ScoreFunction, base: B, facts: Mapping[str, Any]) -> B:
    """A subclass of `base`, called as the function is, whose `score` calls it; `facts` are its class data.

    Raises `BenchError` for a function whose arguments are not the outputs and hyper-parameters with defaults.
    """
    defaults = _defaults(function, base)

    def __init__(self: Any, **parameters: Any) -> None:  # noqa: N807 - it becomes the class's constructor
        signature.bind(**parameters)  # an unknown name is the error that any other constructor raises
        vars(self).update(defaults | parameters)

    def score(self: Any, outputs: Outputs) -> NDArray[np.float64]:
        """What the function says of the outputs, as float64."""
        found = np.asarray(function(outputs, **self.parameters()), dtype=np.float64)
        if found.shape != (len(outputs),):
            raise BenchError(
                f"The function {function.__name__} gives an array of shape {found.shape} for {len(outputs)} images. "
                "One score per image is needed."
            )
        return found

    kind = inspect.Parameter.KEYWORD_ONLY
    signature = inspect.Signature(
        [inspect.Parameter(name, kind, default=default) for name, default in defaults.items()]
    )
    body = {
        **facts,
        "__init__": __init__,
        "score": score,
        "__signature__": signature,
        "__doc__": function.__doc__,
        "__module__": function.__module__,
        "__qualname__": function.__qualname__,
    }
    return cast(B, new_class(function.__name__, (base,), exec_body=lambda names: names.update(body)))


def _defaults(function: ScoreFunction, base: type) -> dict[str, Any]:
    arguments = list(inspect.signature(function).parameters.values())
    if not arguments:
        raise BenchError(f"The function {function.__name__} must take the network's outputs as its first argument.")
    found = {one.name: one.default for one in arguments[1:]}
    for name, default in found.items():
        if default is inspect.Parameter.empty:
            raise BenchError(
                f"The argument '{name}' of the function {function.__name__} is a hyper-parameter of the method, and "
                f"needs a default: {name}=…"
            )
        if hasattr(base, name):
            raise BenchError(
                f"The argument '{name}' of the function {function.__name__} has a name that methods use otherwise. "
                "Call it something else."
            )
    return found
