"""How often intervals hold the truth, and how often tests find what is not there; simulated sets whose truth is known.

    python benchmarks/interval_coverage.py coverage --out results/interval-coverage
    python benchmarks/interval_coverage.py tests --out results/interval-coverage
    python benchmarks/interval_coverage.py rivals --out results/interval-coverage

ID scores are normal with standard deviation 1, OOD scores with 1 or 2 ("wide"), so far apart that the AUROC is as
named; "rounded" scores of standard deviation 1 are then rounded to multiples of a step, so that most are tied. The
first command writes `coverage.csv`: of the 95 % interval of each metric in each setting the share of sets whose
interval holds the truth, how often it lies below or above, and the mean width. The second writes `false-positives.csv`:
of two methods that are equally good in truth and whose scores correlate, how often a paired test at 5 % says that they
differ. The third writes `rivals.csv`: the same for the test by swaps and in all settings, where "wide" methods are held
against normal ones that are as good.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.atomic import write_json
from bench.metrics import evaluate
from bench.provenance import static_provenance
from bench.seeds import derived_seed
from bench.statistics import (
    METRICS,
    Interval,
    Placements,
    auroc_interval,
    bootstrap,
    bootstrap_test,
    delong_test,
    estimate,
    fpr_interval,
    fpr_test,
)

Scores = npt.NDArray[np.float64]

SIZES = (200, 2000)
AUROCS = (0.8, 0.9, 0.95, 0.99)
COVERED = tuple(name for name in METRICS if name != "fpr_at_95_tpr_band")


@dataclass(frozen=True)
class Setting:
    """Two normal distributions with a given AUROC, rounded to multiples of `step` unless it is 0."""

    name: str
    auroc: float
    ood_sd: float = 1.0
    step: float = 0.0

    @property
    def id_mean(self) -> float:
        """Where the ID scores lie; the OOD scores lie at 0."""
        return float(np.sqrt(1 + self.ood_sd**2) * ndtri(self.auroc))

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Scores, Scores]:
        """ID and OOD scores, n of each."""
        ids, oods = rng.normal(self.id_mean, 1, n), rng.normal(0, self.ood_sd, n)
        return self.rounded(ids), self.rounded(oods)

    def rounded(self, scores: Scores) -> Scores:
        """The scores as a method that rounds would give them."""
        return np.round(scores / self.step) * self.step if self.step else scores

    def rival(self, metric: str) -> Setting:
        """A method that is as good by `metric`: one of the same kind; where OOD scores spread, one whose do not."""
        if self.ood_sd == 1:
            return self
        if metric == "auroc":
            return Setting("normal", self.auroc)
        # The share of OOD scores above the threshold, at the twentieth of the ID scores, stays the same.
        id_mean = (self.id_mean + ndtri(0.05)) / self.ood_sd - ndtri(0.05)
        return Setting("normal", float(ndtr(id_mean / np.sqrt(2))))

    def truth(self) -> dict[str, float]:
        """The metrics of the distributions, with equally many ID and OOD images, from their probabilities on a grid.

        Of continuous scores the grid is so fine (60,000 steps) that ties within a step change nothing that counts.
        """
        step = self.step or 1 / 3000
        reach = 8 * max(1.0, self.ood_sd)
        grid = step * np.arange(np.floor(-reach / step), np.ceil((self.id_mean + reach) / step) + 1)
        ids = np.diff(ndtr(np.append(grid - step / 2, grid[-1] + step / 2) - self.id_mean))
        oods = np.diff(ndtr(np.append(grid - step / 2, grid[-1] + step / 2) / self.ood_sd))
        return _metrics_of(ids, oods)


def _metrics_of(ids: Scores, oods: Scores) -> dict[str, float]:
    """The metrics of scores that take ascending values with the given probabilities."""
    true, false = np.cumsum(ids[::-1])[::-1], np.cumsum(oods[::-1])[::-1]
    id_up_to, ood_up_to = np.cumsum(ids), np.cumsum(oods)
    at_95 = np.flatnonzero(true >= 0.95 - 1e-12)[-1]
    at_95_ood = np.flatnonzero(ood_up_to >= 0.95 - 1e-12)[0]
    return {
        "auroc": float(ids @ (ood_up_to - oods / 2)),
        "fpr_at_95_tpr": float(false[at_95]),
        "fpr_at_95_tpr_ood": float(id_up_to[at_95_ood]),
        "detection_error": float(min((1 - true + false).min(), 1) / 2),
        "aupr_in": float(ids @ (true / np.maximum(true + false, 1e-300))),
        "aupr_out": float(oods @ (ood_up_to / np.maximum(ood_up_to + id_up_to, 1e-300))),
    }


def settings() -> Iterator[Setting]:
    """All settings of the study."""
    for auroc in AUROCS:
        yield Setting("normal", auroc)
        yield Setting("wide OOD", auroc, ood_sd=2.0)
        yield Setting("rounded to 0.1", auroc, step=0.1)
        yield Setting("rounded to 0.25", auroc, step=0.25)


def coverage(setting: Setting, n: int, sets: int) -> Iterator[dict[str, Any]]:
    """A row for each metric: how often its 95 % interval held the truth in simulated sets.

    Of metrics that need a bootstrap the first quarter of the sets is enough to see whether they are far off.
    """
    truth = setting.truth()
    rng = np.random.default_rng(derived_seed(0, "coverage", setting.name, repr(setting.auroc), n))
    ends: dict[str, list[tuple[float, float]]] = {name: [] for name in COVERED}
    for place in range(sets):
        for name, one in _intervals(*setting.draw(rng, n), seed=place, resampled=place < sets // 4).items():
            ends[name].append((one.low, one.high))
    for name, found in ends.items():
        low, high = np.array(found).T
        below, above = float((truth[name] < low).mean()), float((truth[name] > high).mean())
        yield {
            "scores": setting.name,
            "auroc": setting.auroc,
            "n": n,
            "metric": name,
            "truth": truth[name],
            "sets": len(found),
            "coverage": round(1 - below - above, 4),
            "truth_below": round(below, 4),
            "truth_above": round(above, 4),
            "mean_width": float((high - low).mean()),
        }


def _intervals(ids: Scores, oods: Scores, *, seed: int, resampled: bool) -> dict[str, Interval]:
    """The intervals of all covered metrics, or of those that need no resamples."""
    if resampled:
        found = estimate(ids, oods, seed=seed).intervals
        return {name: one for name in COVERED if (one := found[name]) is not None}
    return {
        "auroc": auroc_interval(ids, oods),
        "fpr_at_95_tpr": fpr_interval(ids, oods),
        "fpr_at_95_tpr_ood": fpr_interval(-oods, -ids),
    }


def false_positives(setting: Setting, n: int, correlation: float, sets: int) -> Iterator[dict[str, Any]]:
    """How often tests call two equally good methods different; the bootstrap test on the first quarter of the sets."""
    rng = np.random.default_rng(derived_seed(0, "tests", setting.name, repr(setting.auroc), n, repr(correlation)))
    mixing = np.linalg.cholesky([[1, correlation], [correlation, 1]]).T
    delong, rates = [], []
    for place in range(sets):
        ids = setting.rounded(rng.normal(size=(n, 2)) @ mixing + setting.id_mean)
        oods = setting.rounded(rng.normal(size=(n, 2)) @ mixing * setting.ood_sd)
        pairs = [(ids[:, method], oods[:, method]) for method in (0, 1)]
        delong.append(delong_test(*(Placements.of(*pair) for pair in pairs)).p_value < 0.05)
        if place < sets // 4:
            first, second = (evaluate(*pair).fpr_at_95_tpr for pair in pairs)
            test = bootstrap_test(first, second, [bootstrap(*pair, seed=place)[:, 1] for pair in pairs])
            rates.append(test is not None and test.p_value < 0.05)
    about = {"scores": setting.name, "auroc": setting.auroc, "n": n, "correlation": correlation}
    yield {**about, "test": "DeLong, AUROC", "sets": sets, "false_positives": float(np.mean(delong))}
    yield {**about, "test": "bootstrap, FPR@95", "sets": len(rates), "false_positives": float(np.mean(rates))}


def rivals(setting: Setting, n: int, correlation: float, sets: int) -> Iterator[dict[str, Any]]:
    """How often tests on few images call two equally good methods different, which need not be alike; fewer sets for
    the test that takes longer.
    """
    about = {"scores": setting.name, "auroc": setting.auroc, "n": n, "correlation": correlation}
    for test, metric, count in (
        ("DeLong, AUROC", "auroc", sets),
        ("swaps, FPR@95", "fpr_at_95_tpr", sets // 2 if n <= 200 else sets // 4),
    ):
        rng = np.random.default_rng(derived_seed(0, test, setting.name, repr(setting.auroc), n, repr(correlation)))
        methods = (setting.rival(metric), setting)
        found = [_p_value(metric, _paired_scores(methods, rng, n, correlation), seed) < 0.05 for seed in range(count)]
        yield {**about, "test": test, "sets": count, "false_positives": float(np.mean(found))}


def _paired_scores(
    methods: tuple[Setting, Setting], rng: np.random.Generator, n: int, correlation: float
) -> list[tuple[Scores, Scores]]:
    """ID and OOD scores of both methods, n of each, on the same images, which are hard for both alike."""
    mixing = np.linalg.cholesky([[1, correlation], [correlation, 1]])
    ids, oods = mixing @ rng.normal(size=(2, n)), mixing @ rng.normal(size=(2, n))
    return [
        (one.rounded(of_id + one.id_mean), one.rounded(of_ood * one.ood_sd))
        for one, of_id, of_ood in zip(methods, ids, oods, strict=True)
    ]


def _p_value(metric: str, pairs: list[tuple[Scores, Scores]], seed: int) -> float:
    if metric == "auroc":
        return delong_test(*(Placements.of(*pair) for pair in pairs)).p_value
    return fpr_test(*pairs, seed=seed).p_value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["coverage", "tests", "rivals"])
    parser.add_argument("--out", type=Path, default=Path("results/interval-coverage"))
    parser.add_argument("--sets", type=int, help="simulated sets of each setting: 1,000, of tests 4,000")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    name = "false-positives" if options.what == "tests" else options.what
    path = options.out / f"{name}.csv"
    if options.what == "coverage":
        rows = (row for n in SIZES for one in settings() for row in coverage(one, n, options.sets or 1000))
        _write(path, rows, lambda row: row["metric"] in ("auroc", "fpr_at_95_tpr"))
    elif options.what == "rivals":
        rows = (row for n in SIZES for one in settings() for row in rivals(one, n, 0.8, options.sets or 4000))
        _write(path, rows, lambda row: True)
    else:
        pairs = [(one, n) for n in SIZES for one in settings() if one.name in ("normal", "rounded to 0.1")]
        rows = (row for one, n in pairs for row in false_positives(one, n, 0.8, options.sets or 4000))
        _write(path, rows, lambda row: True)
    write_json(options.out / f"{name}-provenance.json", static_provenance())


def _write(path: Path, rows: Iterator[dict[str, Any]], told: Callable[[dict[str, Any]], bool]) -> None:
    """Write rows as they come, so that what a long study has found is there even if it ends early."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer: csv.DictWriter[str] | None = None
        for row in rows:
            if writer is None:
                writer = csv.DictWriter(file, list(row), lineterminator="\n")
                writer.writeheader()
            writer.writerow(row)
            file.flush()
            if told(row):
                print(row, flush=True)


if __name__ == "__main__":
    main()
