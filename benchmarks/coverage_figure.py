"""Draw what `interval_coverage.py coverage` measured; run `python benchmarks/coverage_figure.py`."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import pandas as pd

mpl.use("Agg")
from matplotlib import pyplot as plt

ROOT = Path(__file__).resolve().parent.parent
SOURCE, TARGET = ROOT / "results" / "interval-coverage" / "coverage.csv", ROOT / "docs" / "images"

TITLES = {"auroc": "AUROC", "fpr_at_95_tpr": "FPR at 95 % TPR"}
LOOKS = {
    "normal": ("#0072B2", "o"),
    "wide OOD": ("#D55E00", "s"),
    "rounded to 0.1": ("#009E73", "^"),
    "rounded to 0.25": ("#CC79A7", "D"),
}


def main() -> None:
    rows = pd.read_csv(SOURCE)
    sizes = sorted(rows["n"].unique())
    figure, panels = plt.subplots(len(TITLES), len(sizes), figsize=(9, 5.6), sharex=True, sharey=True, squeeze=False)
    for line, (metric, title) in zip(panels, TITLES.items(), strict=True):
        for axes, n in zip(line, sizes, strict=True):
            axes.axhspan(93, 97, color="0.92", zorder=0)
            axes.axhline(95, color="0.6", linewidth=0.8, zorder=1)
            of_panel = rows[(rows["metric"] == metric) & (rows["n"] == n)]
            for name, (color, marker) in LOOKS.items():
                found = of_panel[of_panel["scores"] == name]
                places = range(len(found))
                axes.plot(places, 100 * found["coverage"], color=color, marker=marker, label=name, linewidth=1.2)
                axes.set_xticks(places, [f"{auroc:g}" for auroc in found["auroc"]])
            axes.set_title(f"{title}, {n:,} + {n:,} scores", fontsize=10)
            axes.set_ylim(88, 100)
            axes.spines[["top", "right"]].set_visible(False)
    for axes in panels[-1]:
        axes.set_xlabel("true AUROC")
    for axes in panels[:, 0]:
        axes.set_ylabel("held the truth, % of sets")
    panels[0, 0].legend(frameon=False, fontsize=8, ncols=2, loc="lower left")
    figure.tight_layout()
    figure.savefig(TARGET / "interval-coverage.png", dpi=150)


if __name__ == "__main__":
    main()
