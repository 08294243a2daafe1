"""Which rows of a table are meant, and with which network they are run."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from bench.errors import BenchError
from bench.networks.classifier import NETWORKS

from .paper import PaperRow


def select_rows(rows: Sequence[PaperRow], patterns: Iterable[str]) -> list[PaperRow]:
    """The rows whose keys fit one of the patterns, or all where there are none.

    `vgg13/cifar10/*` and `vgg13/cifar10` mean the same. Raises `BenchError` for a pattern that no row fits.
    """
    patterns = list(patterns)
    for pattern in patterns:
        if not any(_fits(row, pattern) for row in rows):
            keys = [row.key for row in rows]
            near = difflib.get_close_matches(pattern, keys, n=1, cutoff=0.0)
            raise BenchError(f"No row fits '{pattern}'. The nearest is '{near[0]}'. See all rows with: --dry-run")
    return [row for row in rows if not patterns or any(_fits(row, pattern) for pattern in patterns)]


def with_network(rows: Sequence[PaperRow], network: str | None) -> list[PaperRow]:
    """The rows run with `network`; rows that differed in their network alone become one.

    Such a row has the published figures of the network it replaces, but none where it replaces several. Raises
    `UnknownNameError` for an unknown network.
    """
    if network is None:
        return list(rows)
    NETWORKS.entry(network)
    replaced: dict[str, PaperRow] = {}
    for row in rows:
        new = row if row.network == network else replace(row, network=network, replaces=row.network)
        replaced[new.key] = replace(new, replaces="") if new.key in replaced else new
    return list(replaced.values())


def _fits(row: PaperRow, pattern: str) -> bool:
    return fnmatchcase(row.key, pattern) or fnmatchcase(row.key, f"{pattern}/*")
