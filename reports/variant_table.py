"""The table of an ablation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bench.ablation.outcome import AblationReport, VariantRows, ablation_report
from bench.atomic import write_text

from .columns import AUROC, BOLD, FPR
from .latex_sheet import latex_sheet
from .markdown_table import markdown_sheet
from .sheet import Sheet, SheetLine
from .summary import Summary
from .table import Cell, Name, figure_cells
from .variant_lines import VariantLines

LEGEND = (
    "In percent: the AUROC on each OOD set, the means of AUROC and FPR@95 (ID positive) over the sets, and the ID "
    "accuracy of the network. –: not measured, or undefined."
)


@ablation_report("variant-table")
class VariantTable(AblationReport[VariantRows]):
    """A line for each variant and method, with the AUROC on every OOD set, as Markdown and LaTeX (booktabs)."""

    of = VariantRows

    def write(self, outcome: VariantRows, folder: Path) -> list[Path]:
        """Write `ablation.md` and `ablation.tex`. Raises `BenchError` without finished cells."""
        sheet = _sheet(VariantLines(outcome))
        head = f"## {outcome.name}: {outcome.summary}\n\n{sheet.legend} {BOLD}\n\n"
        texts = {
            "ablation.md": head + markdown_sheet(sheet, "Variant"),
            "ablation.tex": "% Needs \\usepackage{booktabs}.\n" + latex_sheet(sheet, "Ablation.", "Variant"),
        }
        for name, text in texts.items():
            write_text(folder / name, text)
        return [folder / name for name in texts]


def _sheet(lines: VariantLines) -> Sheet:
    places = [(variant, method) for variant in lines.variants for method in lines.methods]
    if lines.numeric:  # the course of a method is read downwards
        places.sort(key=lambda place: lines.methods.index(place[1]))
    single = len(lines.methods) == 1
    names = [Name(variant if single else f"{method}, {variant}") for variant, method in places]

    def column(of: Callable[[str, str], Summary | None], *, higher: bool = True) -> list[Cell]:
        summaries = [of(variant, method) for variant, method in places]
        seeds = [tuple(row["seed"] for row in lines.rows(*place)) for place in places]
        return figure_cells(summaries, seeds, higher_is_better=higher)

    columns = {
        ood: column(lambda variant, method, ood=ood: lines.summary("auroc", variant, method, ood))  # type: ignore[misc]
        for ood in lines.oods
    }
    columns[f"Mean {AUROC.heading}"] = column(lambda *place: lines.mean("auroc", *place))
    columns[f"Mean {FPR.heading}"] = column(lambda *place: lines.mean(FPR.metric, *place), higher=False)
    columns["ID accuracy ↑"] = column(lines.accuracy)
    cells = zip(*columns.values(), strict=True)
    return Sheet(
        id=lines.outcome.axis,
        about=" · ".join(lines.about + (lines.methods if single else [])),
        titles=tuple(map(Name, columns)),
        lines=tuple(SheetLine(name, line) for name, line in zip(names, cells, strict=True)),
        key="",
        legend=LEGEND,
        notes=(),
    )
