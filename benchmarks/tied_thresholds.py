"""How well an interval in one piece can do where the thresholds of tied scores give rates that lie apart.

    python benchmarks/tied_thresholds.py --out results/interval-coverage

All errors are normal here, so that nothing but the ties matters. The true threshold is one of the values that scores
have. The ID scores place it with an error of one; as many ID scores have each value that two neighbouring values are
`width` errors apart, and the true place lies somewhere between. With each value another false-positive rate goes, and
two neighbouring rates are `gap` standard deviations of the rate apart. The interval covers each value's rate, give or
take what the squared distance of the value from the ID scores' place leaves of an allowance. The allowance is chosen
so that the interval holds the truth in 95 % of cases on average over the places; the table tells how seldom and how
often it then does at single places.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import brentq
from scipy.stats import chi2

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.seeds import derived_seed

CONFIDENCE = 0.95
WIDTHS = (0.7, 1.0, 1.5, 2.0, 3.0, 4.5, 6.0, 9.0)
GAPS = (1.0, 2.0, 3.5, 8.0)
PLACES = np.linspace(0.02, 0.98, 13)
"""Where the true place lies between the ends of its value, as a share of the width."""

DRAWS = 40_000


def coverage(place: float, width: float, gap: float, allowance: float, errors: npt.NDArray[np.float64]) -> float:
    """How often the interval holds the rate of the value whose ends lie at 0 and `width`; errors (2, draws)."""
    of_place, of_rate = errors
    found = place + of_place
    low, high = np.full(found.size, np.inf), np.full(found.size, -np.inf)
    reach = int(np.ceil((np.abs(of_place).max() + allowance) / width)) + 1
    for value in range(-reach, reach + 1):
        distance = np.maximum(np.maximum(value * width - found, found - (value + 1) * width), 0)
        left = np.sqrt(np.maximum(allowance - distance**2, 0))
        covered = distance**2 <= allowance
        low = np.where(covered, np.minimum(low, value * gap + of_rate - left), low)
        high = np.where(covered, np.maximum(high, value * gap + of_rate + left), high)
    return float(((low <= 0) & (high >= 0)).mean())


@dataclass(frozen=True)
class Ties:
    """Values that are `width` errors of the place and `gap` deviations of the rate apart, and drawn errors."""

    width: float
    gap: float
    errors: npt.NDArray[np.float64]

    @classmethod
    def drawn(cls, width: float, gap: float) -> Ties:
        """With errors that only depend on both numbers."""
        rng = np.random.default_rng(derived_seed(0, "tied", repr(width), repr(gap)))
        return cls(width, gap, rng.normal(size=(2, DRAWS)))

    def coverages(self, allowance: float) -> list[float]:
        """At each place."""
        return [coverage(share * self.width, self.width, self.gap, allowance, self.errors) for share in PLACES]

    def excess(self, allowance: float) -> float:
        """By how much the mean coverage is above what it should be."""
        return float(np.mean(self.coverages(allowance))) - CONFIDENCE

    def row(self) -> dict[str, float]:
        """The allowance that is right on average, as a part of the one without ties, and the coverage with it."""
        whole = float(chi2.ppf(CONFIDENCE, 1))
        right = float(brentq(self.excess, 0.5 * whole, 1.2 * whole, xtol=0.01))
        found = self.coverages(right)
        return {
            "width": self.width,
            "gap": self.gap,
            "part_of_allowance": round(right / whole, 3),
            "lowest": round(min(found), 4),
            "highest": round(max(found), 4),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("results/interval-coverage"))
    options = parser.parse_args()
    table = pd.DataFrame([Ties.drawn(width, gap).row() for width in WIDTHS for gap in GAPS])
    print(table.to_string(index=False))
    options.out.mkdir(parents=True, exist_ok=True)
    table.to_csv(options.out / "tied-thresholds.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
