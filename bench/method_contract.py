"""What a scoring method is."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, Self, TypedDict, TypeVar, Unpack, overload

import numpy as np
from numpy.typing import NDArray

from bench.citation import UNPUBLISHED, Citation
from bench.errors import BenchError, NotFittedError, UnknownNameError
from bench.extraction.outputs import Outputs
from bench.extraction.probe import Probe
from bench.extraction.view import CLEAN, View
from bench.fitting.data import Facts, FitData
from bench.method_function import ScoreFunction, method_class
from bench.registry import registers, registry
from bench.settings import checked_settings

if TYPE_CHECKING:
    from torch import Tensor

    from bench.networks.classifier import NetworkOutput

METHODS = registry("method")

Scores = NDArray[np.float64]

TensorScore = Callable[["NetworkOutput"], "Tensor"]
"""A score as a function of tensors: from a network's outputs in float64 to one float64 per image `(N,)`."""

Need = Literal["confidence", "features", "gradients", "head", "stages", "training"]
Group = Literal["logits", "features", "layers", "inputs", "confidence", "baselines"]

NEEDS: dict[str, str] = {
    "confidence": "a network with the confidence branch",
    "features": "features that the logits are a linear function of",
    "gradients": "the gradient of a loss with respect to each image",
    "head": "the last linear layer",
    "stages": "the maps between the network's stages",
    "training": "the labelled training images",
}
"""What a method may need besides logits, in words."""

GROUPS: dict[str, str] = {
    "logits": "functions of the logits",
    "features": "functions of the features, the logits and the last layer",
    "layers": "functions of the maps inside the network",
    "inputs": "input gradients, or several passes",
    "confidence": "functions of the learned confidence",
    "baselines": "what a real method must beat: chance, and image statistics without any network",
}
"""The groups of methods, as in `--method group:logits`, in words."""


class Method(ABC):
    """A score per image, larger = more in-distribution.

    The constructor takes keyword hyper-parameters with the paper's values as defaults, and only stores them under
    their own names; what `fit` learns is stored under names that end in `_`. Class data: `citation`; `equation`, the
    score as a formula; `group`, which follows from its needs where it is not said; `needs`, what it needs besides
    logits; `objective`, the training objective of the network it is meant for, or None for a method that looks at
    pixels alone; `ensemble`, whether it needs several networks that differ in their seed; `search`, the values that
    tuning tries for each hyper-parameter; `id_only_search`, those of them for which a higher mean score on ID images is
    better, so that they can be tuned without outliers; `version`, to be raised when a change alters scores.
    """

    name: ClassVar[str]
    citation: ClassVar[Citation] = UNPUBLISHED
    equation: ClassVar[str] = ""
    group: ClassVar[Group]
    needs: ClassVar[frozenset[Need]] = frozenset()
    objective: ClassVar[str | None] = "cross-entropy"
    ensemble: ClassVar[bool] = False
    search: ClassVar[Mapping[str, tuple[Any, ...]]] = {}
    id_only_search: ClassVar[tuple[str, ...]] = ("epsilon",)
    version: ClassVar[int] = 1

    if not TYPE_CHECKING:  # for a type checker every attribute would exist

        def __getattr__(self, attribute: str) -> Any:
            if attribute.endswith("_") and not attribute.startswith("_"):
                raise NotFittedError(f"{type(self).__name__} has no '{attribute}' before it is fitted. Call fit first.")
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{attribute}'")

    @abstractmethod
    def score(self, outputs: Outputs) -> Scores:
        """One float64 per image `(N,)`, larger = more in-distribution, from the network's outputs for `view`.

        An image's score depends on that image alone: the images may come in any order and in parts of any size.
        """

    def tensor_score(self) -> TensorScore | None:
        """`score` of a fitted method in torch, equal up to rounding, so that it can leave as a program; or None.

        A method that is no function of logits, features and confidence of images as they are leaves this alone. What
        was learnt is made into tensors here, not in the function; that has no branches and no loops over images.
        """
        return None

    def probability(self, scores: Scores) -> Scores | None:
        """The scores as probabilities `(N,)` in [0, 1] that the network's prediction is right; None if they are none.

        They are what calibration is measured of. A method whose scores are on no such scale leaves this alone.
        """
        del scores
        return None

    def fit(self, data: FitData) -> Self:
        """Learn from ID data, forget what was learnt before, and return self; nothing to do unless overridden."""
        del data
        return self

    def check(self, facts: Facts) -> None:
        """Raise `BenchError` with the reason if the method cannot work with such a network and training images.

        It is asked before any long work. An override calls this one first, which sees to `needs`.
        """
        for need in sorted(self.needs):
            if need in facts.lacks:
                raise BenchError(f"{self.name} needs {NEEDS[need]}, {facts.lacks[need]}")

    def view(self) -> View:
        """How images are shown to the network before they are scored: as they are, unless overridden."""
        return CLEAN

    def further_views(self) -> tuple[View, ...]:
        """Further ways in which images are shown; what the network says of them is in `Outputs.beside`."""
        return ()

    def fit_probes(self) -> tuple[Probe, ...]:
        """What `fit` wants to see of the pass over the training images, in `FitData.train.probed`."""
        return ()

    def fit_views(self) -> tuple[View, ...]:
        """Further ways in which `fit` wants the training images shown, in `FitData.train.beside`."""
        return ()

    def probes(self) -> tuple[Probe, ...]:
        """What `score` wants to see of the pass for `view`, in `Outputs.probed`; asked after `fit`."""
        return ()

    @classmethod
    def parameter_names(cls) -> list[str]:
        """The hyper-parameters' names, as the constructor takes them."""
        return list(inspect.signature(cls).parameters)

    def parameters(self) -> dict[str, Any]:
        """The hyper-parameters' values."""
        return {name: getattr(self, name) for name in self.parameter_names()}

    def state(self) -> dict[str, Any]:
        """What `fit` learnt, by name without the underscore."""
        return {name[:-1]: value for name, value in vars(self).items() if name.endswith("_")}

    @classmethod
    def make(cls, parameters: Mapping[str, Any]) -> Self:
        """An instance with some hyper-parameters set, each in the type of its default.

        Raises `UnknownNameError` for one that it does not have, and `BenchError` for a value it cannot work with.
        """
        defaults = {name: given.default for name, given in inspect.signature(cls).parameters.items()}
        return cls(**checked_settings(cls.name, parameters, defaults))


M = TypeVar("M", bound=Method)


class FunctionFacts(TypedDict, total=False):
    """The class data that `@method` takes for a function; `Method` explains them."""

    needs: Iterable[Literal["confidence", "features"]]
    citation: Citation
    equation: str
    objective: str
    search: Mapping[str, tuple[Any, ...]]
    version: int


class _Registered(Protocol):
    @overload
    def __call__(self, target: type[M], /) -> type[M]: ...

    @overload
    def __call__(self, target: ScoreFunction, /) -> type[Method]: ...


def method(name: str, **facts: Unpack[FunctionFacts]) -> _Registered:
    """Decorator that registers a scoring method under a literal name: `@method("msp")` above a subclass of `Method`.

    Above a function `f(outputs, temperature=1.0, …)` that returns one score per image `(N,)` it makes a method of it,
    whose hyper-parameters are the arguments with defaults. `facts` are its class data, which a class says in its body.
    What needs more than logits, features and the learned confidence is written as a class.
    """

    def attach(target: Any) -> Any:
        if isinstance(target, type) and facts:
            raise BenchError(f"The class {target.__name__} says '{next(iter(facts))}' in its body, not in @method(…).")
        made = target if isinstance(target, type) else method_class(target, Method, _checked(facts))
        registered: Any = registers("method")(name)(made)
        if not hasattr(registered, "group"):
            registered.group = _group_of(registered.needs)
        return registered

    return attach


def _checked(facts: FunctionFacts) -> dict[str, Any]:
    for key in facts:
        if key not in FunctionFacts.__annotations__:
            raise UnknownNameError("keyword of @method", key, FunctionFacts.__annotations__)
    needs = frozenset(facts.get("needs", ()))
    for need in sorted(needs - {"confidence", "features"}):
        raise BenchError(f"A function cannot be given what needs=('{need}',) asks for. Write a class for that.")
    return {**facts, "needs": needs}


def _group_of(needs: frozenset[Need]) -> Group:
    of_needs: dict[Need, Group] = {"confidence": "confidence", "gradients": "inputs", "stages": "layers"}
    found: list[Group] = [of_needs[need] for need in sorted(needs) if need in of_needs]
    return found[0] if found else "features" if needs & {"features", "head"} else "logits"
