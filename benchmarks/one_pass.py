"""What all post-hoc methods cost beside one bare pass over the same images; run `python benchmarks/one_pass.py`.

The aim, on CIFAR-10 with a given ResNet-20, fitted on all 50,000 training images, against six OOD sets: all functions
of logits, features and the last layer together take at most half as long again as a bare extraction loop over the same
images (network, precision, batch size and memory format alike); each without a bank of training features adds under
1 %, each with one under 10 %. Ours is all that a run does: reading, extraction to disk, fits, scores, metrics, files
of each cell. The bare loop has its images as one tensor in memory and keeps its outputs there; it runs before and after
ours, and its mean is what counts. A method's own cost is what its rows say: fitting, and scoring per image.

    python benchmarks/one_pass.py --data DIR --checkpoint resnet20.th --normalize imagenet --out one-pass.csv
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import bench
from bench.atomic import write_text
from bench.cache import VARIABLE
from bench.data.images import Images
from bench.extraction.options import PassOptions
from bench.running.preparation import Preparation
from bench.running.specification import RunSpecification

GROUPS = ("group:logits", "group:features")
OOD = ("isun", "tinyimagenet-resize", "tinyimagenet-crop", "gaussian")
WITH_BANK = ("knn", "nnguide", "relation")


def main() -> None:
    options = parse()
    preparation = Preparation(specification(options, Path("unused")))
    preparation.load_images()
    sets = [preparation.train_images, preparation.id_images, *preparation.ood_images.values()]
    count = sum(map(len, sets))
    before = bare(preparation, sets, options.precision)
    with tempfile.TemporaryDirectory() as folder:
        os.environ[VARIABLE] = f"{folder}/cache"
        started = time.perf_counter()
        rows = run(options, Path(folder) / "run")
        ours = time.perf_counter() - started
    after = bare(preparation, sets, options.precision)
    loop = (before + after) / 2
    report(rows, count, loop, ours, options.out)
    print(f"{count:,} images in {len(sets)} sets; bare loop {before:.1f} s before and {after:.1f} s after")
    methods, pairs = rows["method"].nunique(), rows["ood"].nunique()
    print(f"{methods} methods on {pairs} pairs: {ours:.1f} s, {ours / loop:.3f} bare loops")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="All post-hoc methods beside one bare pass.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--normalize", default=None)
    parser.add_argument("--ood", nargs="*", default=[], help="further OOD sets, such as svhn=npz:FILE")
    parser.add_argument("--method", nargs="*", default=GROUPS)
    parser.add_argument("--precision", default="fp32")
    parser.add_argument("--out", type=Path)
    return parser.parse_args()


def specification(options: argparse.Namespace, out: Path) -> RunSpecification:
    return RunSpecification(
        method=tuple(options.method),
        id="cifar10",
        ood=(*OOD, *options.ood),
        checkpoint=options.checkpoint,
        normalize=options.normalize,
        precision=options.precision,
        data=options.data,
        device="cpu",
        out=out,
    )


def run(options: argparse.Namespace, out: Path) -> pd.DataFrame:
    chosen = specification(options, out)
    settings = {name: getattr(chosen, name) for name in ("checkpoint", "normalize", "precision", "data", "device")}
    rows: pd.DataFrame = bench.run(chosen.method, id=chosen.id, ood=chosen.ood, out=out, **settings)
    return rows


def bare(preparation: Preparation, sets: Sequence[Images], precision: str) -> float:
    """Seconds of a loop that does nothing but run the network."""
    model = preparation.tested_network(preparation.needs[0]).model.eval()
    size, total = PassOptions().batch_size, 0.0
    for images in sets:
        batches = [
            preparation.transform(images.read(np.arange(start, min(start + size, len(images)))))
            for start in range(0, len(images), size)
        ]
        started = time.perf_counter()
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            kept = [model(batch) for batch in batches]
        total += time.perf_counter() - started
        del batches, kept
    return total


def report(rows: pd.DataFrame, count: int, loop: float, ours: float, out: Path | None) -> None:
    """Each method's own cost as a share of the bare loop, the dearest first."""
    tested = rows.groupby("method").agg({"n_id": "first", "n_ood": "sum", "fit_seconds": "first"})
    micro = rows.groupby("method")["microseconds_per_image"].mean()
    seconds = tested["fit_seconds"] + 1e-6 * micro * (tested["n_id"] + tested["n_ood"])
    table = pd.DataFrame({"fit_seconds": tested["fit_seconds"], "seconds": seconds, "percent": 100 * seconds / loop})
    table = table.sort_values("percent", ascending=False).round(3)
    print(table.to_string())
    if out:
        head = f"# {count} images, bare loop {loop:.2f} s, all {ours:.2f} s\n"
        write_text(out, head + table.to_csv())


if __name__ == "__main__":
    main()
