"""Which files the cells that a specification comes to depend on, beside the code: data, and the weights of networks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench.data.location import data_root
from bench.data.resolve import resolve_dataset
from bench.method_contract import METHODS

from .network_need import NetworkNeed
from .selection import select_methods
from .specification import RunSpecification


def given_paths(spec: RunSpecification) -> list[Path] | None:
    """The files and folders that a specification names or its data sets are read from.

    None where it is not known what these are. Raises `BenchError` for names that nothing has.
    """
    named = (spec.checkpoint, spec.transform, spec.suite.origin if spec.suite else None)
    paths = [Path(path) for path in named if path is not None]
    tested = (spec.id, *spec.ood, *spec.shifted, *([spec.tune_on] if spec.tune_on else []))
    for text, split in [*((one, "test") for one in tested), *([(spec.id, "train")] if uses_training(spec) else [])]:
        data_set = resolve_dataset(text, spec.bindings, spec.settings_of(text))
        sources = data_set.sources(split, data_root(spec.data))
        if sources is None:
            return None
        paths += sources
    return list(dict.fromkeys(paths))


def uses_training(spec: RunSpecification) -> bool:
    """Whether the ID training images are looked at: networks are trained on them, or methods fitted."""
    return spec.checkpoint is None or any("training" in METHODS.get(name).needs for name in select_methods(spec.method))


def network_files(needs: list[NetworkNeed]) -> Iterator[Path]:
    """The files of the networks that the run trains."""
    for need in needs:
        yield from network_files(list(need.members))
        if need.plan is not None:
            yield need.plan.path
