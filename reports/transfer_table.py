"""The matrices of a transfer as a table, with what they say in a sentence."""

from __future__ import annotations

from pathlib import Path

from bench.ablation.outcome import AblationReport, TransferRows, ablation_report
from bench.atomic import write_text

from .latex_sheet import latex_sheet
from .markdown_table import markdown_sheet
from .sheet import Sheet, SheetLine
from .summary import DASH, Summary, decimals_for, percent, summarise
from .table import Cell, Name
from .transfer_matrix import TransferMatrix, about, matrices, verdict

LEGEND = (
    "AUROC in percent on each OOD set, by what the parameter was tuned on: on the first 1,000 images of an OOD set, or "
    "on substitutes for them, beside ID images. All lines are tested on the same images, none of which is tuned on. "
    "Bold: tuned on the set's own images (the papers' way)."
)


@ablation_report("transfer-table")
class TransferTable(AblationReport[TransferRows]):
    """A line for each set that was tuned on, a column for each that was tested, as Markdown and LaTeX (booktabs)."""

    of = TransferRows

    def write(self, outcome: TransferRows, folder: Path) -> list[Path]:
        """Write `ablation.md` and `ablation.tex`. Raises `BenchError` without rows."""
        found = matrices(outcome)
        sheets = [_sheet(matrix) for matrix in found]
        first = f"{outcome.parameter} tuned on"
        parts = [f"## {outcome.name}", LEGEND, *(markdown_sheet(sheet, first).rstrip() for sheet in sheets)]
        tex = [latex_sheet(sheet, verdict(matrix), first) for sheet, matrix in zip(sheets, found, strict=True)]
        texts = {
            "ablation.md": "\n\n".join([*parts, *map(verdict, found)]) + "\n",
            "ablation.tex": "% Needs \\usepackage{booktabs}.\n" + "\n".join(tex),
        }
        for name, text in texts.items():
            write_text(folder / name, text)
        return [folder / name for name in texts]


def _sheet(matrix: TransferMatrix) -> Sheet:
    means = [one.mean for line in matrix.lines for ood in matrix.oods if (one := matrix.auroc(line, ood))]
    decimals = decimals_for(means, higher_is_better=True)
    lines = []
    for line in matrix.lines:
        cells = [_cell(matrix.auroc(line, ood), decimals, best=line == ood) for ood in matrix.oods]
        chosen = Cell(", ".join(f"{value:g}" for value in matrix.values(line)))
        lines.append(SheetLine(Name(matrix.title(line)), (chosen, *cells, _cell(_mean(matrix, line), decimals))))
    return Sheet(
        id=matrix.method,
        about=" · ".join(about(matrix.outcome)),
        titles=tuple(map(Name, ("chosen", *matrix.oods, "mean"))),
        lines=tuple(lines),
        key="",
        legend=LEGEND,
        notes=(),
    )


def _mean(matrix: TransferMatrix, line: str) -> Summary | None:
    found = [one.mean for ood in matrix.oods if (one := matrix.auroc(line, ood))]
    summary = summarise(found)
    return Summary(summary.mean, None) if summary else None


def _cell(summary: Summary | None, decimals: int, *, best: bool = False) -> Cell:
    if summary is None:
        return Cell(DASH)
    spread = "" if summary.sd is None else percent(summary.sd, decimals)
    return Cell(percent(summary.mean, decimals), spread, best)
