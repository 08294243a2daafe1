"""The columns of the tables for people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bench.suites.record import SuiteRecord


@dataclass(frozen=True)
class Column:
    """A metric's name in the rows, its title in tables, and whether more of it is better."""

    metric: str
    title: str
    higher_is_better: bool

    @property
    def heading(self) -> str:
        """The title with an arrow in the better direction."""
        return f"{self.title} {'↑' if self.higher_is_better else '↓'}"


FPR = Column("fpr_at_95_tpr", "FPR@95", False)
AUROC = Column("auroc", "AUROC", True)

MAIN_COLUMNS = (
    FPR,
    Column("detection_error", "Det. err.", False),
    AUROC,
    Column("aupr_in", "AUPR-in", True),
    Column("aupr_out", "AUPR-out", True),
)

OTHER_READINGS = (
    Column("fpr_at_95_tpr_ood", "FPR@95, OOD positive", False),
    Column("fpr_at_95_tpr_band", "FPR@95, ID positive, mean over TPR 94.95–95.05", False),
)

_MEANINGS = {
    "fpr_at_95_tpr": "FPR@95: share of OOD images called ID where 95 % of ID images are (ID positive).",
    "fpr_at_95_tpr_ood": "FPR@95, OOD positive: share of ID images called OOD where 95 % of OOD images are.",
    "fpr_at_95_tpr_band": "FPR@95, ID positive, mean over TPR 94.95–95.05: share of OOD images called ID, as the mean "
    "over the thresholds in that band.",
}

_LEGEND = (
    "All figures in percent. ↓ lower is better, ↑ higher is better. {} Det. err.: the smallest mean of both error "
    "rates. AUPR-in, AUPR-out: average precision with ID, or OOD, as positive; it depends on the numbers of images."
)

OTHER_READINGS_LEGEND = (
    "Other readings of FPR@95, for comparison with papers that use them only: with OOD as positive (Outlier Exposure, "
    "OpenOOD), and with ID as positive as the mean over thresholds whose TPR lies in 94.95–95.05 % (ODIN, DeVries & "
    "Taylor)."
)


def fpr_reading(suite: SuiteRecord | None) -> Column:
    """The first reading of FPR@95 in the main table."""
    return next(column for column in main_columns(suite) if column in (FPR, *OTHER_READINGS))


def meaning_of(column: Column) -> str:
    """A sentence on what a reading of FPR@95 is."""
    return _MEANINGS[column.metric]


def main_columns(suite: SuiteRecord | None) -> tuple[Column, ...]:
    """The columns of the main table: what the suite wants to be shown first, then the usual ones.

    One reading of FPR@95 is enough there: one that the suite names stands for the usual one.
    """
    readings = (FPR, *OTHER_READINGS)
    known = {column.metric: column for column in (*MAIN_COLUMNS, *OTHER_READINGS)}
    first = [known[metric] for metric in suite.metrics] if suite else []
    usual = [column for column in MAIN_COLUMNS if column is not FPR or not set(first) & set(readings)]
    return tuple(dict.fromkeys([*first, *usual]))


def other_readings(suite: SuiteRecord | None) -> tuple[Column, ...]:
    """The readings of FPR@95 that the main table does not have."""
    shown = main_columns(suite)
    return tuple(column for column in (FPR, *OTHER_READINGS) if column not in shown)


def legend_of(columns: Iterable[Column]) -> str:
    """What the figures of a table with these columns are."""
    return _LEGEND.format(" ".join(_MEANINGS[one.metric] for one in columns if one.metric in _MEANINGS))


LEGEND = legend_of(MAIN_COLUMNS)

BEST = (
    "the best among rows with the same seeds; rows without a network are compared with all, and figures that print "
    "alike are marked alike."
)
BEST_GROUP = (
    "the best among rows with the same seeds, and what is not significantly worse (on the same images: DeLong's test "
    "of AUROC, else the paired bootstrap, or swaps of FPR@95 below 1,000 images; 5 %, Holm-corrected over the rows of "
    "a set); of means the best alone. Rows without a network are compared with all, and figures that print "
    "alike are marked alike."
)
BOLD = f"Bold: {BEST}"
STAR = f"*: {BEST}"


def mark_legend(mark: str, *, tested: bool) -> str:
    """What a mark means; `tested` says whether what is marked was found by tests, or is the largest figure alone."""
    return f"{mark}: {BEST_GROUP if tested else BEST}"
