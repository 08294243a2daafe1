"""Blocks in the order of their suites: its groups one after another, then what no group has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from bench.report import CellScores
from bench.suites.record import SuiteRecord

from .blocks import Block, Section, blocks_of
from .evidence import Replicates, evidence_of

if TYPE_CHECKING:
    import pandas as pd


def suite_blocks(
    frame: pd.DataFrame,
    suites: Mapping[str, SuiteRecord],
    replicates: Replicates | None = None,
    scores: Callable[[str], CellScores] | None = None,
) -> list[Block]:
    """The blocks of a result table, each with the suite of its ID set; raises `BenchError` when it has no rows.

    With `replicates` and `scores`, those of `bench.report.Results`, they know which differences are more than chance.
    """
    evidence = None if replicates is None else evidence_of(replicates, scores)
    return [replace(_with_suite(block, suites), evidence=evidence) for block in blocks_of(frame)]


def _with_suite(block: Block, suites: Mapping[str, SuiteRecord]) -> Block:
    suite = suites.get(block.entries[0].rows[0].id)  # the block's own name has shifted sets in it
    if suite is None:
        return block
    order = [ood for sets in suite.groups.values() for ood in sets]

    def place(section: Section) -> int:
        return order.index(section.ood) if section.ood in order else len(order)

    return replace(block, sections=tuple(sorted(block.sections, key=place)), suite=suite)
