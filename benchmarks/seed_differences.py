r"""How often two runs that differ in their seeds alone are called different.

    bench run --method msp --method odin --method energy --id digits --ood glyphs --seeds 16 \
        --set recipe.epochs=8 --out runs/seeds
    python benchmarks/seed_differences.py runs/seeds --each 4 --out results/seed-differences

Two disjoint groups of seeds are drawn again and again, and compared as `bench compare` compares two runs. Splits of the
same seeds are not independent of each other, so that the share is less certain than their number suggests. What is
found is printed, and with `--out` kept as `seed-differences.json`.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.atomic import write_json
from bench.comparing.compare import USUAL_METRICS, corrected
from bench.comparing.slots import Record, match
from bench.comparing.testing import Change, Tester
from bench.provenance import static_provenance
from bench.running.estimates import Estimates
from bench.store import Store


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--each", type=int, default=4, help="seeds on either side")
    parser.add_argument("--splits", type=int, default=400)
    parser.add_argument("--out", type=Path, help="folder of seed-differences.json")
    options = parser.parse_args()
    store = Store(options.folder)
    records = store.records()
    # Of a run that is not finished, only seeds that have all rows.
    counts = {seed: sum(one["row"]["seed"] == seed for one in records) for seed in {r["row"]["seed"] for r in records}}
    seeds = sorted(seed for seed, count in counts.items() if count == max(counts.values()) and seed is not None)
    estimates = Estimates(store)
    rng = np.random.default_rng(0)
    found = []
    for _ in range(options.splits):
        drawn = rng.permutation(seeds)
        sides = [set(drawn[: options.each].tolist()), set(drawn[options.each : 2 * options.each].tolist())]
        found.append(compared(estimates, [[r for r in records if r["row"]["seed"] in side] for side in sides]))
    runs = np.mean([any(change.verdict == "real" for change in changes) for changes in found])
    single = [c.difference.p_value < 0.05 for changes in found for c in changes if c.difference is not None]
    summary = {
        "seeds": len(seeds),
        "each": options.each,
        "splits": options.splits,
        "figures": len(found[0]),
        "runs_with_a_real_difference": float(runs),
        "figures_below_5_percent_uncorrected": float(np.mean(single)),
    }
    print(json.dumps(summary, indent=1))
    if options.out:
        write_json(options.out / "seed-differences.json", {**summary, "provenance": static_provenance()})


def compared(estimates: Estimates, sides: list[list[Record]]) -> list[Change]:
    """The changes from one group of seeds to the other."""
    matches, _, _ = match(*sides)
    tester = Tester(estimates, estimates)
    return corrected([tester.change(one, metric) for one in matches for metric in USUAL_METRICS])


if __name__ == "__main__":
    main()
