"""From a class, an instance, a name or a path to what is checked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.data.binding_kind import BINDING_KINDS
from bench.data.dataset import DATASETS, DataSet
from bench.data.location import data_root
from bench.data.project import project_bindings
from bench.data.resolve import resolve_dataset
from bench.errors import BenchError, UnknownNameError
from bench.method_contract import METHODS, Method
from bench.networks.classifier import NETWORKS, Classifier
from bench.plugins import resolve_target
from bench.plugins.file import file_of
from bench.zoo.opening import KINDS as FOREIGN_KINDS

from .check import Check
from .checks import CHECKS
from .dataset_subject import DatasetSubject
from .method_subject import MethodSubject
from .network_subject import NetworkSubject
from .outcome import Outcome, outcome_of

Target = type | DataSet | str | Path
"""A class of methods, data sets or networks, a data set, or what a user types for one."""

KINDS: dict[str, type] = {"method": Method, "dataset": DataSet, "network": Classifier}

_REGISTRIES = {"method": METHODS, "dataset": DATASETS, "network": NETWORKS}


@dataclass(frozen=True)
class Options:
    """How things are checked: `data` is the folder of the data sets; `size` the side in pixels of a network's images;
    `tolerance` how much two scores of one image may differ, as a share of the scores' size.
    """

    data: Path | None = None
    size: int = 32
    tolerance: float = 1e-5


@dataclass(frozen=True)
class Checked:
    """One thing under check: its kind, the name it goes by, and what its checks look at."""

    kind: str
    name: str
    subject: Any

    @property
    def checks(self) -> tuple[Check[Any], ...]:
        """The checks of its kind."""
        return CHECKS[self.kind]

    def outcome(self, check: Check[Any]) -> Outcome:
        """What one of its checks says."""
        return outcome_of(check, self.subject, self.subject.look)


def all_checked(target: Target, kind: str | None = None, options: Options | None = None) -> list[Checked]:
    """What `target` means: one thing, or all methods, data sets and networks that a file registers.

    A class or data set stands for itself; a text is a registered name, `path.py`, `path.py:NAME`, `module:NAME` or, for
    a data set, `NAME=KIND:PATH`. `kind` says which is meant where a name has several. Raises `BenchError` where nothing
    that can be checked is found.
    """
    if kind is not None and kind not in KINDS:
        raise UnknownNameError("kind", kind, KINDS)
    found = [one for one in _found(target, kind, options or Options()) if kind in (None, one.kind)]
    if not found:
        raise BenchError(f"'{target}' has no {kind or 'method, data set or network'} that could be checked.")
    return found


def one_checked(target: Target, kind: str, options: Options | None = None) -> Checked:
    """The one thing of this kind that `target` means. Raises `BenchError` where there are several, or none."""
    found = all_checked(target, kind, options)
    if len(found) > 1:
        names = ", ".join(f"{target}:{one.name}" for one in found)
        raise BenchError(f"'{target}' has several {kind}s. Name one of them: {names}.")
    return found[0]


def _found(target: Target, kind: str | None, options: Options) -> Iterator[Checked]:
    if not isinstance(target, str | Path):
        yield _checked(target, _spelt(target), options)
        return
    text = str(target)
    bindings = {} if "=" in text else project_bindings(Path.cwd())
    if "=" in text or text in bindings:
        yield _checked(resolve_dataset(text, bindings, {}), text, options)
    elif text.endswith(".py") or ":" in text:
        _refuse_what_has_no_checks(text)
        objects = resolve_target(text)
        for one in objects:
            if _kind_of(one) or len(objects) == 1:
                yield _checked(one, f"{text}:{one.name}" if text.endswith(".py") else text, options)
    else:
        yield _checked(_registered(text, kind), text, options)


def _refuse_what_has_no_checks(text: str) -> None:
    """Raise `BenchError` for images without a name, and for a network of another library."""
    kind = text.partition(":")[0]
    if kind in BINDING_KINDS:
        raise BenchError(f"'{text}' has no name. Give it one: NAME={text}.")
    if kind in FOREIGN_KINDS:
        raise BenchError(
            f"'{text}' is a network from elsewhere, and the checks are for classes that a plugin registers. What is "
            f"found of it, such as its last layer, is said by: bench run --network {text}"
        )


def _registered(name: str, kind: str | None) -> Any:
    if name.endswith(".toml"):
        raise BenchError(f"'{name}' is no method, data set or network. A suite is read by: bench describe suite {name}")
    holding = [one for one, registry in _REGISTRIES.items() if name in registry and kind in (None, one)]
    if len(holding) > 1:
        raise BenchError(f"'{name}' is a {' and a '.join(holding)}. Say which with --kind.")
    if not holding:
        kinds = [kind] if kind else list(_REGISTRIES)
        known = [name for one in kinds for name in _REGISTRIES[one].names()]
        raise UnknownNameError(kind or "method, data set or network", name, known)
    return _REGISTRIES[holding[0]].get(name)


def _checked(found: Any, spelling: str, options: Options) -> Checked:
    kind = _kind_of(found)
    if kind is None:
        raise BenchError(
            f"{spelling} is {found!r}. A subclass of bench.Method, bench.DataSet or bench.Classifier is needed, or a "
            "function below @bench.method."
        )
    name = str(getattr(found, "name", spelling))
    if kind == "method":
        return Checked(kind, name, MethodSubject(found, spelling, tolerance=options.tolerance))
    if kind == "network":
        return Checked(kind, name, NetworkSubject(found, spelling, size=options.size))
    data_set = found() if isinstance(found, type) else found
    return Checked(kind, name, DatasetSubject(data_set, spelling, data_root(options.data)))


def _kind_of(found: Any) -> str | None:
    if isinstance(found, DataSet):
        return "dataset"
    classes = {kind: base for kind, base in KINDS.items() if isinstance(found, type) and issubclass(found, base)}
    return next(iter(classes), None)


def _spelt(target: Any) -> str:
    """How a class can be named in a text: by its registered name, its file, or its module."""
    cls = target if isinstance(target, type) else type(target)
    file = file_of(cls.__module__)
    if file is not None:
        return f"{file.path}:{getattr(cls, 'name', cls.__name__)}"
    return f"{cls.__module__}:{cls.__qualname__}"
