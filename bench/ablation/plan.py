"""From an ablation to runs: a specification for each variant, and those that share their networks together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from bench.canonical import canonical_json
from bench.data.project import project_bindings
from bench.errors import BenchError
from bench.method_contract import METHODS, Method
from bench.plugins import ensure_active
from bench.running.preparation import Preparation
from bench.running.selection import select_methods
from bench.running.specification import RunSpecification
from bench.training.objective import OBJECTIVES

from .file import Ablation, Variant


@dataclass(frozen=True)
class Run:
    """A variant and the run that measures it."""

    variant: Variant
    specification: RunSpecification


def base_specification(ablation: Ablation, options: Mapping[str, Any], settings: Mapping[str, Any]) -> RunSpecification:
    """The run that all variants have in common: `options` (None: not given) and `settings` over those of the file."""
    return _specification(ablation, {}, options, settings)


def plan(ablation: Ablation, options: Mapping[str, Any], settings: Mapping[str, Any]) -> list[Run]:
    """A run for each variant, `options` and `settings` over those of the file; `options` of None are not given.

    Raises `BenchError` for bad input, and where two variants would be the same run.
    """
    runs = [Run(one, _specification(ablation, one.changes, options, settings)) for one in ablation.variants]
    seen: dict[str, str] = {}
    for run in runs:
        spelt = repr(run.specification)
        name = run.variant.name
        if spelt in seen:
            raise BenchError(
                f"The variants '{seen[spelt]}' and '{name}' of {ablation.name} do not differ in anything that "
                f"{', '.join(run.specification.method)} would notice. Choose other methods."
            )
        seen[spelt] = name
    return runs


def _specification(
    ablation: Ablation, changes: Mapping[str, Any], options: Mapping[str, Any], settings: Mapping[str, Any]
) -> RunSpecification:
    given = {name: value for name, value in options.items() if value is not None}
    values = {"id": "", "out": Path("runs") / f"ablate-{ablation.name}", **ablation.base, **changes, **given}
    values.pop("format", None)
    for name in ("method", "ood", "shifted", "group"):
        several = values.get(name, ())
        values[name] = (several,) if isinstance(several, str) else tuple(several)
    of_file = {**ablation.base.get("settings", {}), **changes.get("settings", {})}
    ensure_active(values.get("plugin", ()))
    chosen = set(select_methods(values["method"]))
    concerned = {key: value for key, value in of_file.items() if _concerns(key, chosen)}
    if "checkpoint" in values:
        _require_of_methods(concerned, ablation.name)
    values["settings"] = {**concerned, **settings}
    values["bindings"] = {**project_bindings(Path.cwd()), **values.get("bindings", {})}
    return RunSpecification(**values)


def _concerns(setting: str, chosen: set[str]) -> bool:
    """Whether a file's setting is of one of the methods that are run, or of no method: of a recipe, an objective."""
    owner = setting.partition(".")[0]
    return owner in chosen or owner not in METHODS


def _require_of_methods(settings: Mapping[str, Any], name: str) -> None:
    """Raise `BenchError` if a file's settings are those of a training, where a trained network is given."""
    trained = [key for key in settings if key.partition(".")[0] in ("recipe", *OBJECTIVES.names())]
    if trained:
        raise BenchError(
            f"{name} sets {trained[0]}, which is of a training, and a --checkpoint is trained. Leave one of them out."
        )


def groups(runs: Sequence[Run]) -> list[list[Run]]:
    """The runs in groups that differ in nothing but methods and their parameters, so that they share networks."""
    found: dict[str, list[Run]] = {}
    for run in runs:
        spec = run.specification
        others = {key: value for key, value in spec.settings.items() if key.partition(".")[0] not in METHODS}
        found.setdefault(repr(replace(spec, method=("any",), settings=others)), []).append(run)
    return list(found.values())


class SharedPreparation(Preparation):
    """The preparation of runs that share their networks: the methods of all of them, equal ones once.

    So one pass over each data set serves all variants of a method's parameters. `variants_of` gives the names of the
    variants that a method with its parameters, as `method_key` spells them, belongs to.
    """

    def __init__(self, runs: Sequence[Run]) -> None:
        self.runs = runs
        self.variants_of: dict[str, list[str]] = {}
        first = runs[0].specification
        methods = tuple(dict.fromkeys(name for run in runs for name in run.specification.method))
        settings = {key: value for run in runs for key, value in run.specification.settings.items()}
        super().__init__(replace(first, method=methods, settings=settings))

    def again(self) -> Callable[[], Preparation]:
        """What prepares the same in another process; it can be pickled."""
        return partial(SharedPreparation, self.runs)

    def _make_methods(self) -> list[Method]:
        self.named: dict[str, bool] = {}
        made: dict[str, Method] = {}
        for run in self.runs:
            chosen = select_methods(run.specification.method)
            self.named |= chosen
            for method in self._make(chosen, run.specification):
                key = method_key(method.name, method.parameters())
                made.setdefault(key, method)
                self.variants_of.setdefault(key, []).append(run.variant.name)
        return list(made.values())


def method_key(name: str, parameters: Mapping[str, Any]) -> str:
    """A method with its parameters as one text."""
    return f"{name} {canonical_json(dict(parameters))}"
