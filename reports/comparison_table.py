"""The comparison table as Markdown, LaTeX and CSV."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.atomic import write_text
from bench.report import Report, Results, report

from .blocks import Block
from .columns import OTHER_READINGS_LEGEND, legend_of, main_columns, mark_legend, other_readings
from .cost_table import make_cost_table
from .csv_table import csv_table, group_csv
from .interval_table import INTERVALS_LEGEND, has_intervals, make_interval_table
from .latex_sheet import fits_page, latex_sheet
from .latex_table import latex_table
from .markdown_table import markdown_sheet, markdown_table
from .overview import first_that_fits, make_overview, needs_overview
from .sheet import Sheet
from .suite_blocks import suite_blocks
from .table import Table, make_further_table, make_table

TEX_PREAMBLE = "% Needs \\usepackage{booktabs}.\n"


@report("comparison-table")
class ComparisonTable(Report):
    """Every method on every OOD set: the comparison table as Markdown, LaTeX (booktabs) and CSV.

    A table holds one ID set, one network, one protocol and one precision, so only what was measured alike stands
    together. Above it, where there are many sets or methods, stands an overview with the means over the sets; below
    it, what the methods cost. Where a suite was run, its groups follow one
    another, each with its means. For people the figures are percent; the CSV has fractions at full precision, all
    readings of FPR@95, and costs as measured.
    """

    def write(self, results: Results, folder: Path) -> list[Path]:
        """Write `comparison.md`, `comparison.tex` and `comparison.csv`, with a suite `comparison-groups.csv` too.

        Raises `BenchError` without finished cells.
        """
        blocks = suite_blocks(results.rows, results.suites, results.replicates, results.scores)
        tables = [make_table(block, main_columns(block.suite)) for block in blocks]
        costs = [sheet for sheet in map(make_cost_table, blocks) if sheet]
        texts = {
            "comparison.md": _markdown(blocks, tables, costs),
            "comparison.tex": _latex(blocks, tables, costs),
            "comparison.csv": csv_table(blocks),
        }
        if means := group_csv(blocks):
            texts["comparison-groups.csv"] = means
        for name, text in texts.items():
            write_text(folder / name, text)
        return [folder / name for name in texts]


def _markdown(blocks: Sequence[Block], tables: Sequence[Table], costs: Sequence[Sheet]) -> str:
    overviews = [make_overview(block) for block in blocks if needs_overview(block)]
    others = [make_further_table(block, other_readings(block.suite)) for block in blocks]
    intervals = [make_interval_table(block) for block in blocks if has_intervals(block)]
    bold = mark_legend("Bold", tested=any(table.tested for table in tables))
    sections = [
        *(["## Overview", f"{overviews[0].legend} {bold}", *map(markdown_sheet, overviews)] if overviews else []),
        "## Comparison",
        f"{legend_of(dict.fromkeys(column for table in tables for column in table.columns))} {bold}",
        *map(markdown_table, tables),
        *(["## 95 % intervals", INTERVALS_LEGEND, *map(markdown_table, intervals)] if intervals else []),
        "## Other readings of FPR@95",
        OTHER_READINGS_LEGEND,
        *map(markdown_table, others),
        *(["## Cost", costs[0].legend, *map(markdown_sheet, costs)] if costs else []),
    ]
    return "\n\n".join(section.rstrip("\n") for section in sections) + "\n"


def _latex(blocks: Sequence[Block], tables: Sequence[Table], costs: Sequence[Sheet]) -> str:
    overviews = [first_that_fits(block, fits_page) for block in blocks if needs_overview(block)]
    parts = [
        *(latex_sheet(sheet, "Overview.") for sheet in overviews),
        *map(latex_table, tables),
        *(latex_sheet(sheet, "Cost.") for sheet in costs),
    ]
    return TEX_PREAMBLE + "\n".join(parts)
