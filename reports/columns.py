"""The columns of the tables for people."""

from __future__ import annotations

from dataclasses import dataclass


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

LEGEND = (
    "All figures in percent. ↓ lower is better, ↑ higher is better. FPR@95: share of OOD images called ID where 95 % "
    "of ID images are (ID positive). Det. err.: the smallest mean of both error rates. AUPR-in, AUPR-out: average "
    "precision with ID, or OOD, as positive; it depends on the numbers of images."
)

OTHER_READINGS_LEGEND = (
    "Other readings of FPR@95, for comparison with papers that use them only: with OOD as positive (Outlier Exposure, "
    "OpenOOD), and with ID as positive as the mean over thresholds whose TPR lies in 94.95–95.05 % (ODIN, DeVries & "
    "Taylor)."
)

BEST = (
    "the best among rows with the same seeds; rows without a network are compared with all, and figures that print "
    "alike are marked alike."
)
BOLD = f"Bold: {BEST}"
STAR = f"*: {BEST}"
