"""What precision, memory format, compilation and workers do to a pass; run `python benchmarks/pass_options.py`.

Images per second of extraction with a ResNet-20 on made 32x32 images, each choice in turn, medians of the rounds; and
of a folder of PNG files with one worker and with more. With `--data DIR --checkpoint FILE --normalize WHICH` also by
how much bf16 moves the AUROC of every function of logits and features on CIFAR-10 against SVHN-like OOD sets: the
default precision is float32 unless no AUROC moves by 0.0005 or more.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
import torch
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import bench
from bench.data.files import open_folder
from bench.data.images import ArrayImages, Images
from bench.data.transform import NORMALIZATIONS, InputTransform
from bench.extraction.extract import extract
from bench.extraction.options import PassOptions
from bench.extraction.view import CLEAN
from bench.networks.classifier import build_network

COUNT, ROUNDS = 4096, 5
TRANSFORM = InputTransform(32, 32, 3, *NORMALIZATIONS["cifar10"])
METHODS = ("group:logits", "group:features")


def main() -> None:
    parser = argparse.ArgumentParser(description="What the options of a pass do.")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--normalize")
    parser.add_argument("--ood", nargs="*", default=["isun", "tinyimagenet-resize"])
    options = parser.parse_args()
    speeds()
    if options.checkpoint:
        shifts(options)


def speeds() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (COUNT, 32, 32, 3), dtype=np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        for place, image in enumerate(pixels[:COUNT]):
            Image.fromarray(image).save(f"{folder}/{place:05}.png")
        arrays, files = ArrayImages(pixels), open_folder(Path(folder))
        cases: dict[str, Callable[[], float]] = {
            "fp32, channels first": lambda: rate(arrays, PassOptions(), channels_last=False),
            "fp32": lambda: rate(arrays, PassOptions()),
            "fp32, compiled": lambda: rate(arrays, PassOptions(compile=True)),
            "bf16": lambda: rate(arrays, PassOptions("bf16")),
            "bf16, compiled": lambda: rate(arrays, PassOptions("bf16", compile=True)),
            **{
                f"fp32, PNG files, {workers} workers": lambda workers=workers: rate(files, PassOptions(workers=workers))  # type: ignore[misc]
                for workers in (1, 2, 4)
            },
        }
        found: dict[str, list[float]] = {name: [] for name in cases}
        for _ in range(ROUNDS):
            for name, measure in cases.items():
                found[name].append(measure())
    base = median(found["fp32"])
    print(f"{COUNT:,} images, medians of {ROUNDS} rounds, {torch.get_num_threads()} threads")
    for name, rates in found.items():
        print(f"{name:<32} {median(rates):>8.0f} images/s {median(rates) / base:>6.2f} x fp32")


def rate(images: Images, options: PassOptions, *, channels_last: bool = True) -> float:
    """Images per second; the first batch, which compiles, does not count."""
    model = build_network("resnet20", 10).eval().requires_grad_(False)
    if channels_last:
        model = model.to(memory_format=torch.channels_last)
    marks: list[tuple[int, float]] = []
    extract(
        model,
        images,
        TRANSFORM,
        [CLEAN],
        device=torch.device("cpu"),
        options=options,
        after_batch=lambda done: marks.append((done, time.perf_counter())),
    )
    (first, started), (last, ended) = marks[0], marks[-1]
    return (last - first) / (ended - started)


def shifts(options: argparse.Namespace) -> None:
    def areas(precision: str, folder: str) -> pd.Series[float]:
        rows = bench.run(
            METHODS,
            id="cifar10",
            ood=options.ood,
            checkpoint=options.checkpoint,
            normalize=options.normalize,
            data=options.data,
            device="cpu",
            precision=precision,
            out=f"{folder}/{precision}",
        )
        found: pd.Series[float] = rows.set_index(["method", "ood"])["auroc"]
        return found

    with tempfile.TemporaryDirectory() as folder:
        moved = (areas("bf16", folder) - areas("fp32", folder)).abs().unstack()
    print("\nby how many points bf16 moves the AUROC")
    print((100 * moved).round(3).to_string())


if __name__ == "__main__":
    main()
