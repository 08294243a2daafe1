"""A suite's sets as its authors give them away, used where they lie in the folder of data sets."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace
from pathlib import Path

from bench.data.bindings import Binding, parse_bindings
from bench.data.bound import BoundSet
from bench.data.dataset import Place
from bench.errors import MissingDataError

from .suite import Suite


def with_archives(suite: Suite, root: Path, bound: Container[str] = ()) -> Suite:
    """`suite` bound to those of its archives that are in the folder `root`, but for the names `bound` already.

    What holds otherwise is among its notes of the others. Raises `BenchError` for an archive that cannot be read.
    """
    tables = {name: one.table for name, one in suite.archives.items() if name not in bound}
    bindings = parse_bindings(tables, suite.origin or Path(suite.name), base=root)
    found = {name: _as_it_is_there(one, root) for name, one in bindings.items() if _is_there(one, root)}
    lacking = (suite.archives[name].otherwise for name in tables if name not in found)
    return replace(
        suite,
        notes=(*suite.notes, *filter(None, lacking)),
        bindings={**suite.bindings, **found},
        archives={},
    )


def _as_it_is_there(binding: Binding, root: Path) -> Binding:
    """The binding, without training images that are not there."""
    return binding if binding.train is None or _is_there(binding, root, "train") else replace(binding, train=None)


def _is_there(binding: Binding, root: Path, split: str = "test") -> bool:
    """Whether the list is there and its images are too: the lists of an archive come before the images do."""
    try:
        BoundSet(binding).load(split, Place(root))
    except MissingDataError:
        return False
    return True
