"""The comparison table as Markdown, LaTeX and CSV."""

from __future__ import annotations

from pathlib import Path

from bench.atomic import write_text
from bench.report import Report, Results, report

from .blocks import blocks_of
from .columns import BOLD, LEGEND, MAIN_COLUMNS, OTHER_READINGS, OTHER_READINGS_LEGEND
from .csv_table import csv_table
from .latex_table import latex_table
from .markdown_table import markdown_table
from .table import make_further_table, make_table

TEX_PREAMBLE = "% Needs \\usepackage{booktabs}.\n"


@report("comparison-table")
class ComparisonTable(Report):
    """Every method on every OOD set: the comparison table as Markdown, LaTeX (booktabs) and CSV.

    A table holds one ID set, one network and one protocol, so only what was measured alike stands together. For people
    the figures are percent; the CSV has fractions at full precision and all readings of FPR@95.
    """

    def write(self, results: Results, folder: Path) -> list[Path]:
        """Write `comparison.md`, `comparison.tex` and `comparison.csv`. Raises `BenchError` without finished cells."""
        blocks = blocks_of(results.rows)
        tables = [make_table(block, MAIN_COLUMNS) for block in blocks]
        others = [make_further_table(block, OTHER_READINGS) for block in blocks]
        sections = [
            "## Comparison",
            f"{LEGEND} {BOLD}",
            *map(markdown_table, tables),
            "## Other readings of FPR@95",
            OTHER_READINGS_LEGEND,
            *map(markdown_table, others),
        ]
        texts = {
            "comparison.md": "\n\n".join(section.rstrip("\n") for section in sections) + "\n",
            "comparison.tex": TEX_PREAMBLE + "\n".join(map(latex_table, tables)),
            "comparison.csv": csv_table(blocks),
        }
        for name, text in texts.items():
            write_text(folder / name, text)
        return [folder / name for name in texts]
