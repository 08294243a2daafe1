"""The thresholds that are chosen from misclassified ID images, and what they cost against the best ones."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from bench.atomic import write_text
from bench.report import Report, Results, report

from .blocks import blocks_of_rows
from .columns import BOLD, Column
from .markdown_table import markdown_table
from .result_row import ResultRow, read_rows
from .table import make_table
from .threshold_transfer import METRICS, ThresholdTransfer, transferred

COLUMNS = (
    Column("best_error", "Det. err., best", False),
    Column("chosen_error", "from misclassified", False),
    Column("chosen_tpr", "TPR there", True),
    Column("tpr_error", "from 95 % TPR", False),
    Column("right_wrong_error", "right against wrong", False),
)

LEGEND = (
    "Detection error, the mean of both error rates, in percent: the smallest that any threshold reaches on the ID test "
    "images and the OOD set; that of the threshold chosen, without OOD data, where rightly and wrongly classified ID "
    "images are told apart best; and that of the threshold that keeps 95 % of ID images. Both are chosen on the first "
    "1,000 ID images, or the first fifth, and measured on the others. TPR: the share of those that is called ID by the "
    "first of the two. Right against wrong: its detection error where it was chosen."
)


@report("threshold-table")
class ThresholdTable(Report):
    """Detection errors of thresholds chosen without OOD data, beside the best possible ones, as Markdown and CSV."""

    def write(self, results: Results, folder: Path) -> list[Path]:
        """Write `thresholds.md` and `thresholds.csv`; nothing where no ID image is known to be misclassified.

        Raises `BenchError` without finished cells.
        """
        found = list(transferred(read_rows(results.rows), results.scores))
        if all(transfer is None for _, transfer in found):
            return []
        blocks = blocks_of_rows(row for row, _ in found)
        tables = [markdown_table(make_table(block, COLUMNS)) for block in blocks]
        sections = ["## Thresholds from misclassified ID images", f"{LEGEND} {BOLD}", *tables]
        texts = {
            "thresholds.md": "\n\n".join(section.rstrip("\n") for section in sections) + "\n",
            "thresholds.csv": _csv([(row, transfer) for row, transfer in found if transfer]),
        }
        for name, text in texts.items():
            write_text(folder / name, text)
        return [folder / name for name in texts]


def _csv(found: Sequence[tuple[ResultRow, ThresholdTransfer]]) -> str:
    """One line for each cell: both thresholds, and the figures as fractions at full precision."""
    about = ("method", "id", "ood", "network", "objective", "seed", "protocol", "precision")
    text = io.StringIO()
    head = [*about, "n_right", "n_wrong", "n_id", "n_ood", "chosen_threshold", "tpr_threshold", *METRICS, "key"]
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    for row, transfer in found:
        sizes = [part.size for part in (transfer.right, transfer.wrong, transfer.test, transfer.ood)]
        thresholds = [transfer.chosen.threshold, transfer.keeping]
        known = [row.positives if name == "id" else getattr(row, name) for name in about]
        writer.writerow([*known, *sizes, *thresholds, *(row.metrics[name] for name in METRICS), row.key])
    return text.getvalue()
