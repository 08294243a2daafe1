"""Metrics of 1e8 + 1e8 scores on disk within 2 GiB of memory; run `python benchmarks/out_of_core.py [--size 1e8]`.

ID scores are normal with mean 1, OOD scores with mean 0, both float64 with standard deviation 1. Each way is measured
in a process of its own: seconds, CPU seconds, and the peak of resident memory that the system keeps (`ru_maxrss`),
Python itself and pages of files included. Exact values are compared with those from memory (up to 2e7 scores a set),
and with what normal distributions give as the sets grow.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from scipy.integrate import quad
from scipy.stats import norm

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.metrics import evaluate, read_scores
from bench.out_of_core import Bounds, estimate_files, evaluate_files

Measured = dict[str, dict[str, Any]]
"""What a way took (`took`) and what it gave (`row`)."""

BLOCK = 4_000_000
LARGEST_IN_MEMORY = 20_000_000
SHOWN = ("auroc", "fpr_at_95_tpr", "fpr_at_95_tpr_ood", "detection_error", "aupr_in", "aupr_out", "fpr_at_95_tpr_band")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=float, default=1e8, help="scores of each set")
    parser.add_argument("--memory", type=int, default=2**31 - 2**27, help="bytes that the sort may take")
    parser.add_argument("--folder", type=Path, help="where scores are written (default: a temporary folder)")
    parser.add_argument("--measure", choices=["memory", "sorted", "one-pass"], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(measured(given.measure, given.folder, given.memory)))
        return
    size = int(given.size)
    with tempfile.TemporaryDirectory(prefix="scores-", dir=given.folder) as folder:
        write_scores(Path(folder), size)
        found = {way: in_child(way, folder, given.memory) for way in ways(size)}
    print(f"{size:,} + {size:,} scores, {16 * size / 1e9:.1f} GB on disk")
    for way, result in found.items():
        took = result["took"]
        print(f"{way:<9} {took['seconds']:>7.1f} s {took['cpu']:>7.1f} s CPU {took['peak'] / 2**20:>8.0f} MiB at most")
    print_values(found)


def ways(size: int) -> list[str]:
    return (["memory"] if size <= LARGEST_IN_MEMORY else []) + ["sorted", "one-pass"]


def write_scores(folder: Path, size: int) -> None:
    rng = np.random.default_rng(0)
    for name, mean in (("id", 1.0), ("ood", 0.0)):
        with (folder / f"{name}.npy").open("wb") as file:
            header = {"descr": "<f8", "fortran_order": False, "shape": (size,)}
            np.lib.format.write_array_header_1_0(file, header)
            for start in range(0, size, BLOCK):
                rng.normal(mean, 1, min(BLOCK, size - start)).tofile(file)


def in_child(way: str, folder: str, memory: int) -> Measured:
    command = [sys.executable, __file__, "--measure", way, "--folder", folder, "--memory", str(memory)]
    found: Measured = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found


def measured(way: str, folder: Path, memory: int) -> Measured:
    files = folder / "id.npy", folder / "ood.npy"
    started, cpu = time.perf_counter(), time.process_time()
    row: dict[str, Any]
    if way == "memory":
        row = evaluate(*map(read_scores, files)).to_dict()
    elif way == "sorted":
        row = evaluate_files(*files, memory=memory, scratch=folder).to_dict()
    else:
        row = estimate_files(*files).to_dict()
    took = {"seconds": time.perf_counter() - started, "cpu": time.process_time() - cpu}
    took["peak"] = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"took": took, "row": row}


def print_values(found: dict[str, Measured]) -> None:
    limits, exact, bounds = of_normal_scores(), found["sorted"]["row"], found["one-pass"]["row"]
    if "memory" in found:
        print("sorted equals memory, every column:", exact == found["memory"]["row"])
    print(f"{'':<19} {'sorted':>12} {'off the limit':>14} {'one pass':>12} {'at most off':>12}")
    for name in SHOWN:
        off = f"{exact[name] - limits[name]:>+14.1e}" if name in limits else f"{'':>14}"
        line = f"{name:<19} {exact[name]:>12.9f} {off}"
        if name in bounds:
            one = Bounds(bounds[name]["low"], bounds[name]["high"])
            inside = "" if one.low <= exact[name] <= one.high else "  OUTSIDE"
            line += f" {one.value:>12.9f} {one.error:>12.1e}{inside}"
        print(line)


def of_normal_scores() -> dict[str, float]:
    """What the metrics tend to: for the areas under precision and recall as integrals over the threshold."""

    def aupr(sign: int) -> float:
        def gain(t: float) -> float:
            own, other = (norm.sf(sign * (t - mean)) for mean in ((1, 0) if sign > 0 else (0, 1)))
            return float(norm.pdf(t - (1 if sign > 0 else 0)) * own / (own + other))

        return float(quad(gain, -9, 10, epsabs=1e-13, epsrel=1e-13, limit=500)[0])

    rate = float(norm.sf(norm.ppf(0.05) + 1))
    return {
        "auroc": float(norm.cdf(1 / np.sqrt(2))),
        "fpr_at_95_tpr": rate,
        "fpr_at_95_tpr_ood": rate,
        "detection_error": float(norm.sf(0.5)),
        "aupr_in": aupr(1),
        "aupr_out": aupr(-1),
    }


if __name__ == "__main__":
    main()
