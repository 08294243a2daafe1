"""The tables of a misclassification run: right against wrong predictions, and calibration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bench.atomic import write_text
from bench.prediction_report import PredictionReport, PredictionResults, prediction_report

from .about import about, accuracy
from .blocks import Block, Entry
from .columns import BOLD, STAR, Column
from .escaping import markdown, one_line
from .latex_sheet import latex_sheet
from .markdown_table import markdown_sheet
from .notes import Notes, network_notes, parameter_note
from .prediction_blocks import prediction_blocks
from .result_row import grouped
from .sheet import Sheet, SheetLine
from .summary import summarise
from .table import Cell, Name, figure_cells
from .text_table import sheet_text, wrap

if TYPE_CHECKING:
    import pandas as pd

DETECTION = (
    Column("auroc", "AUROC", True),
    Column("aupr_success", "AUPR-success", True),
    Column("aupr_error", "AUPR-error", True),
    Column("aurc", "AURC", False),
    Column("augrc", "AUGRC", False),
    Column("detection_error", "Det. err.", False),
)

CALIBRATION = (
    Column("ece_15", "ECE", False),
    Column("ece_15_adaptive", "ECE, adaptive", False),
    Column("brier", "Brier", False),
)

DETECTION_LEGEND = (
    "All figures in percent. ↓ lower is better, ↑ higher is better. Right predictions score high, wrong ones low. "
    "AUPR-success, AUPR-error: average precision with right, or wrong, predictions as positive; it depends on their "
    "numbers. AURC: the mean error rate among the images that are at least as sure as each image; AUGRC: the same with "
    "the share of all images that are accepted and wrong. Both fall with the network's own error too, so between "
    "networks they compare the whole, not the score alone. Det. err.: the smallest mean of both error rates."
)

CALIBRATION_LEGEND = (
    "All figures in percent, lower is better. ECE: the mean distance between confidence and accuracy over 15 bins of "
    "equal width; adaptive: over 15 bins of equal count. Brier: the mean squared distance between the confidence and "
    "1 for right, 0 for wrong predictions."
)

NO_PROBABILITY = "not a probability: this score says which of two predictions is surer, not how sure either is"
ONE_OUTCOME = "undefined: all predictions are right, or all are wrong"


def misclassification_text(frame: pd.DataFrame) -> str:
    """The tables of a misclassification run's rows as plain text, in percent, the best marked with a star.

    `frame` has the columns of `bench.predictions.rows`. Raises `BenchError` when it has no rows.
    """
    parts = []
    for block in prediction_blocks(frame):
        lines = [wrap(one_line(line)) for line in (f"{block.id}: {about(block)}", accuracy(block))]
        parts += ["\n".join(lines), *map(sheet_text, sheets_of(block))]
    return "\n\n".join([*parts, wrap(DETECTION_LEGEND), wrap(CALIBRATION_LEGEND), wrap(STAR)]) + "\n"


@prediction_report("misclassification-table")
class MisclassificationTable(PredictionReport):
    """Misclassification detection and calibration: a line for each method, as text, Markdown and LaTeX (booktabs).

    A table holds one ID set and one network; figures are means over the seeds with their standard deviation. `rows.csv`
    has each seed's figures as fractions at full precision.
    """

    text = staticmethod(misclassification_text)

    def write(self, results: PredictionResults, folder: Path) -> list[Path]:
        """Write `misclassification.txt`, `.md` and `.tex`. Raises `BenchError` without finished cells."""
        blocks = prediction_blocks(results.rows)
        texts = {
            "misclassification.txt": self.text(results.rows),
            "misclassification.md": _markdown(blocks),
            "misclassification.tex": _latex(blocks),
        }
        for name, text in texts.items():
            write_text(folder / name, text)
        return [folder / name for name in texts]


def sheets_of(block: Block) -> tuple[Sheet, Sheet]:
    """The table of misclassification detection and that of calibration of one block."""
    return _sheet(block, DETECTION, DETECTION_LEGEND, ONE_OUTCOME), _sheet(
        block, CALIBRATION, CALIBRATION_LEGEND, NO_PROBABILITY
    )


def _sheet(block: Block, columns: Sequence[Column], legend: str, undefined: str) -> Sheet:
    notes = Notes()
    of_network = network_notes(block)
    names = [Name(entry.label, notes.marks(*_remarks(block, entry), *of_network)) for entry in block.entries]
    cells = zip(*(_cells(block, column, notes, undefined) for column in columns), strict=True)
    return Sheet(
        id=block.id,
        about=about(block),
        titles=tuple(Name(column.heading) for column in columns),
        lines=tuple(SheetLine(name, line) for name, line in zip(names, cells, strict=True)),
        key="",
        legend=legend,
        notes=notes.texts,
    )


def _remarks(block: Block, entry: Entry) -> list[str]:
    """The parameters of a method and the warnings of its rows, those of some seeds with the seed."""
    warned = grouped((row for row in entry.rows if row.warnings), lambda row: row.warnings)
    places = {
        text: "" if len(rows) == len(entry.rows) else f" (seed {', '.join(str(row.seed) for row in rows)})"
        for text, rows in warned.items()
    }
    return [parameter_note(block, entry.label), *(f"{entry.label}: {text}{where}" for text, where in places.items())]


def _cells(block: Block, column: Column, notes: Notes, undefined: str) -> list[Cell]:
    summaries = [summarise([row.metrics[column.metric] for row in entry.rows]) for entry in block.entries]
    compare_as = [entry.compares_as for entry in block.entries]
    cells = figure_cells(summaries, compare_as, higher_is_better=column.higher_is_better)
    return [
        cell if summary else replace(cell, marks=notes.marks(undefined))
        for cell, summary in zip(cells, summaries, strict=True)
    ]


def _markdown(blocks: Sequence[Block]) -> str:
    detection, calibration = zip(*map(sheets_of, blocks), strict=True)
    accuracies = [f"{markdown(text)}." for text in map(accuracy, blocks)]
    sections = [
        "## Misclassification detection",
        f"{DETECTION_LEGEND} {BOLD}",
        *(text for sheet, words in zip(detection, accuracies, strict=True) for text in (markdown_sheet(sheet), words)),
        "## Calibration",
        f"{CALIBRATION_LEGEND} {BOLD}",
        *map(markdown_sheet, calibration),
    ]
    return "\n\n".join(section.rstrip("\n") for section in sections) + "\n"


def _latex(blocks: Sequence[Block]) -> str:
    remarks = ("Misclassification detection.", "Calibration.")
    tables = [
        latex_sheet(sheet, remark) for block in blocks for sheet, remark in zip(sheets_of(block), remarks, strict=True)
    ]
    return "% Needs \\usepackage{booktabs}.\n" + "\n".join(tables)
