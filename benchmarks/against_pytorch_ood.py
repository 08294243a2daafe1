"""What the methods that pytorch-ood has too cost here and there; run `python benchmarks/against_pytorch_ood.py`.

It needs `pip install pytorch-ood`. The aim: at most 1/12 of the CPU time of its detectors one by one and 1/5 of that of
its joint cached evaluation, with no more peak memory. Ours is `bench.evaluate` with an empty cache: reading, passes,
fits, scores, all metrics, and a file of each cell. Theirs is `fit(loader)` of each detector, then `Benchmark.evaluate`
of it alone, or of all of them in one call, which keeps logits and features of a test set for all that take them. Each
runs in a process of its own on images and weights that were made before; importing and reading these do not count.

Alike are the network, float32, batch size, channels-last memory, and the number of threads: one by default, as several
wait for each other on a busy machine, which counts as CPU time. Its parameters need no gradients. Settings are those of
pytorch-ood where ours can be set to them; where ours has no maps, theirs are given pooled features. By default images
are drawn from seeds, and ResNet-18 has random convolutions, batch statistics of the training images, and a last layer
fitted to them by ridge regression. With `--data DIR` the images are the first of CIFAR-10 and of five sets that are
not; `--checkpoint FILE` is for a trained network. Peak memory is the largest resident memory of the process, which is
asked every 10 milliseconds: a run of ours sets the system's own mark back to measure each method.

By default it is the 24 methods that are functions of one pass's logits, features and last maps. `--group own-passes` is
the nine others that both have, which take gradients, maps of several stages or several passes; `--group all` is both.

Measured on an AMD EPYC with AVX-512 (torch 2.15, pytorch-ood 0.4.0) with the 24 methods of one pass, as times of our
CPU seconds and peak memory. `--network resnet20`, 7 minutes a round: 36.9 and 1.31 one by one, 12.1 and 1.31 jointly,
of 7.8 s and 876 MB (medians of 2 rounds; another run gave 38.6 and 10.0). Without react, ash, scale and vra, whose
detectors cache nothing: 33 and 5.1. ResNet-18, over an hour, with three in ten of the images: 38 and 1.25, 11.0 and
1.33, of 21 s and 1,142 MB. All 33, on a processor
without AVX-512, `--group all --network resnet20 --train 800 --test 800 --ood-test 400`: 12.5 and 1.65 one by one, 8.9
and 1.85 jointly, of 70.4 s and 1,479 MB.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import bench
from bench.cache import VARIABLE
from bench.data.dataset import Place
from bench.data.images import ArrayImages
from bench.data.resolve import resolve_dataset
from bench.data.transform import NORMALIZATIONS, InputTransform
from bench.extraction.options import PassOptions
from bench.method_contract import METHODS
from bench.networks.checkpoint import Checkpoint
from bench.networks.classifier import Classifier, build_network
from bench.networks.foreign import open_checkpoint
from benchmarks.pytorch_ood_peers import GROUPS, PEERS, make_detectors

Aurocs = dict[str, dict[str, float]]
"""By method and OOD set, as fractions."""

OOD = ("isun", "tinyimagenet-resize", "tinyimagenet-crop", "gaussian", "uniform")
SIDES = ("ours", "one by one", "joint")
CLASSES, BATCH_SIZE = 10, PassOptions().batch_size


@dataclass(frozen=True)
class Material:
    """What all sides are given."""

    model: Classifier
    transform: InputTransform
    train: ArrayImages
    id: ArrayImages
    ood: dict[str, ArrayImages]

    @classmethod
    def read(cls, folder: Path) -> Material:
        """From the two files of `write`."""
        checkpoint = Checkpoint.load(folder / "network.safetensors")
        with np.load(folder / "images.npz") as arrays:
            found = dict(arrays)
        train, test = (ArrayImages(found.pop(name), found.pop(f"{name} labels")) for name in ("train", "id"))
        ood = {name: ArrayImages(pixels) for name, pixels in found.items()}
        return cls(checkpoint.build().requires_grad_(False), checkpoint.transform, train, test, ood)


def main() -> None:
    options = parse()
    if options.side:
        run_side(options.side, options.methods, options.folder)
        return
    with tempfile.TemporaryDirectory() as folder:
        options.folder = Path(folder)
        write(options)
        print(f"{', '.join(options.methods)}; {options.threads} threads, torch {torch.__version__}", flush=True)
        rounds: dict[str, list[dict[str, Any]]] = {side: [] for side in SIDES}
        for turn in range(options.rounds):
            for side in SIDES[turn % 3 :] + SIDES[: turn % 3]:
                rounds[side].append(measured(side, options))
                print(f"round {turn + 1}, {side}: CPU and wall s", rounds[side][-1]["seconds"], flush=True)
    report(rounds)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="bench.evaluate against pytorch-ood's detectors and benchmark.")
    parser.add_argument("methods", nargs="*", help="our names; those of --group by default")
    parser.add_argument("--group", choices=GROUPS, default="one-pass", help="what one pass suffices for, or not")
    parser.add_argument("--rounds", type=int, default=3)
    for name, count in (("train", 2000), ("test", 2000), ("ood-test", 1000)):
        parser.add_argument(f"--{name}", type=int, default=count, help="number of images")
    parser.add_argument("--data", type=Path, help="folder of CIFAR-10 and the OOD sets")
    parser.add_argument("--ood", nargs="+", default=OOD, help="names, or NAME=npz:FILE, with --data")
    parser.add_argument("--network", default="resnet18")
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--normalize", default="cifar10", help="how images are normalised for --checkpoint")
    parser.add_argument("--threads", type=int, default=1)
    for name, kind in (("side", str), ("folder", Path)):
        parser.add_argument(f"--{name}", type=kind, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.methods = options.methods or GROUPS[options.group]
    return options


def write(options: argparse.Namespace) -> None:
    """Images and network as files."""
    images = drawn(options) if options.data is None else loaded(options)
    np.savez(options.folder / "images.npz", allow_pickle=False, **images)
    checkpoint = seeded(options.network, images)
    if options.checkpoint:
        checkpoint = open_checkpoint(options.checkpoint, normalize=options.normalize, id_dataset="cifar10")
    checkpoint.save(options.folder / "network.safetensors")


def loaded(options: argparse.Namespace) -> dict[str, NDArray[Any]]:
    """The first images of each set, as 32x32 RGB in uint8."""
    place, found = Place(options.data, 32, 32, 3), {}
    for name, text, split, count in [
        ("train", "cifar10", "train", options.train),
        ("id", "cifar10", "test", options.test),
        *((text.partition("=")[0], text, "test", options.ood_test) for text in options.ood),
    ]:
        images = resolve_dataset(text, {}, {}).load(split, place)
        unit = InputTransform(32, 32, 3, (0,) * 3, (1,) * 3)(images.read(np.arange(min(count, len(images)))))
        found[name] = (unit * 255).round().byte().permute(0, 2, 3, 1).contiguous().numpy()
        if split != "test" or text == "cifar10":
            assert images.labels is not None
            found[f"{name} labels"] = images.labels[: len(unit)]
    return found


def drawn(options: argparse.Namespace) -> dict[str, NDArray[Any]]:
    """Ten classes of moving colour patterns, and five sets that are not: other, finer and mixed patterns, and noise."""
    stream = np.random.default_rng(0)
    known, other, fine = (patterns(stream, cells) for cells in (4, 4, 8))
    size = options.ood_test
    found: dict[str, NDArray[Any]] = {}
    for name, count in (("train", options.train), ("id", options.test)):
        labels = np.arange(count) % CLASSES
        found |= {name: shown(stream, known[labels]), f"{name} labels": labels}
    first, second = stream.integers(0, CLASSES, (2, size))
    found["other patterns"], found["finer patterns"] = shown(stream, other[first]), shown(stream, fine[first])
    found["mixtures"] = shown(stream, (known[first] + known[second]) / 2)
    found["uniform"] = stream.integers(0, 256, (size, 32, 32, 3), np.uint8)
    found["gaussian"] = quantised(stream.normal(0.5, 1, (size, 32, 32, 3)))
    return found


def patterns(stream: np.random.Generator, cells: int) -> NDArray[np.float64]:
    """A smooth image for each class: `cells` x `cells` random colours, interpolated."""
    coarse = torch.from_numpy(stream.random((CLASSES, 3, cells, cells)))
    smooth = nn.functional.interpolate(coarse, (32, 32), mode="bicubic")
    return smooth.permute(0, 2, 3, 1).numpy()


def shown(stream: np.random.Generator, clean: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Each image moved by some pixels, lighter or darker, and noisy."""
    shifts = stream.integers(-6, 7, (len(clean), 2))
    moved = np.stack([np.roll(one, tuple(shift), (0, 1)) for one, shift in zip(clean, shifts, strict=True)])
    light = stream.normal(1, 0.2, (len(clean), 1, 1, 1))
    return quantised(moved * light + stream.normal(0, 0.15, clean.shape))


def quantised(unit: NDArray[np.float64]) -> NDArray[np.uint8]:
    return (255 * unit.clip(0, 1)).round().astype(np.uint8)


def seeded(network: str, images: Mapping[str, NDArray[Any]]) -> Checkpoint:
    """A network that was not trained but for its last layer."""
    transform = InputTransform(32, 32, 3, *NORMALIZATIONS["cifar10"])
    model = build_network(network, CLASSES, seed=0)
    batches = torch.split(transform(images["train"][:2000]), BATCH_SIZE)
    with torch.no_grad():
        for part in model.modules():
            if isinstance(part, nn.BatchNorm2d):
                part.momentum = None  # the mean over the batches
        for batch in batches[:4]:
            model(batch)
        features = torch.cat([model.eval()(batch).features for batch in batches])
        labels = torch.from_numpy(images["train labels"][: len(features)])
        fit_last_layer(model.classifier, features.double(), labels)
    return Checkpoint(network, CLASSES, 3, False, transform, (), "made", "unknown", None, {}, dict(model.state_dict()))


def fit_last_layer(layer: nn.Linear, features: Tensor, labels: Tensor) -> None:
    """Add a ridge regression on ten times the labels' indicators to what the layer starts from."""
    centred = features - features.mean(0)
    targets = 10 * nn.functional.one_hot(labels, CLASSES).double()
    second = centred.T @ centred
    ridge = 0.1 * second.diagonal().mean() * torch.eye(len(second), dtype=torch.double)
    weight = torch.linalg.solve(second + ridge, centred.T @ (targets - targets.mean(0))).T
    layer.weight.add_(weight)
    layer.bias.add_(targets.mean(0) - weight @ features.mean(0))


def measured(side: str, options: argparse.Namespace) -> dict[str, Any]:
    """What a process says of its side, with `peak`, its largest resident memory in megabytes."""
    command = [sys.executable, __file__, *options.methods, "--side", side, "--folder", str(options.folder)]
    process, peak = subprocess.Popen(command, env=os.environ | {"OMP_NUM_THREADS": str(options.threads)}), 0
    while process.poll() is None:
        peak = max(peak, resident(process.pid, "VmHWM"))
        time.sleep(0.01)
    if process.returncode:
        raise SystemExit(f"'{side}' failed; what it said is above.")
    found: dict[str, Any] = json.loads((options.folder / "found.json").read_text())
    return found | {"peak": peak / 1024}


def resident(process: int | str, name: str) -> int:
    """A figure of a process's memory in kilobytes; 0 where there is none."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), 0)


def run_side(side: str, names: Sequence[str], folder: Path) -> None:
    """Do one side's work and write down what it cost and found."""
    material, clock = Material.read(folder), Clock()
    aurocs = ours(material, names, clock) if side == "ours" else theirs(material, names, clock, joint=side == "joint")
    found = {"before": clock.memory, "seconds": clock.seconds, "aurocs": aurocs}
    (folder / "found.json").write_text(json.dumps(found))


class Clock:
    """CPU and wall seconds of the parts of the work, and the resident memory in megabytes before the first."""

    def __init__(self) -> None:
        self.seconds: dict[str, tuple[float, float]] = {}
        self.memory = 0.0

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Add the work in the block."""
        self.memory = self.memory or resident("self", "VmRSS") / 1024
        cpu, wall = cpu_seconds(), time.perf_counter()
        yield
        before = self.seconds.get(name, (0.0, 0.0))
        self.seconds[name] = before[0] + cpu_seconds() - cpu, before[1] + time.perf_counter() - wall


def cpu_seconds() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def ours(material: Material, names: Sequence[str], clock: Clock) -> Aurocs:
    methods = [METHODS.get(name).make(PEERS[name].ours) for name in names]
    sets: dict[str, Any] = {"id": material.id, "ood": material.ood, "train": material.train}
    with tempfile.TemporaryDirectory() as cache, clock.part("all"):
        os.environ[VARIABLE] = cache
        rows = bench.evaluate(material.model, methods=methods, transform=material.transform, **sets)
    by_method = rows.groupby("method", sort=False)
    return {str(name): dict(zip(part["ood"], part["auroc"], strict=True)) for name, part in by_method}


def theirs(material: Material, names: Sequence[str], clock: Clock, *, joint: bool) -> Aurocs:
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    detectors, benchmark = make_detectors(material.model, names), make_benchmark(material)
    rows: list[dict[str, Any]] = []
    for detector in detectors.values():
        with clock.part("fits"):
            detector.to("cpu").fit(DataLoader(benchmark.train_set(), BATCH_SIZE))
        if not joint:
            with clock.part("evaluation"):
                rows += benchmark.evaluate([detector], {"batch_size": BATCH_SIZE})
    if joint:
        with clock.part("evaluation"):
            rows = benchmark.evaluate(list(detectors.values()), {"batch_size": BATCH_SIZE})
    return {
        name: {row["Dataset"]: row["AUROC"] for row in rows if row["Detector"] == type(detector).__name__}
        for name, detector in detectors.items()
    }


class Shown(Dataset[tuple[Tensor, int]]):
    """Images with labels, -1 for OOD ones, as their loaders take them; a batch is read and normalised at once."""

    def __init__(self, transform: InputTransform, *sets: ArrayImages) -> None:
        self.transform = transform
        self.pixels = np.concatenate([one.pixels for one in sets])
        self.labels = np.concatenate([np.full(len(one), -1) if one.labels is None else one.labels for one in sets])

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitems__(self, indices: list[int]) -> list[tuple[Tensor, int]]:
        """The batch, item by item."""
        return list(zip(self.transform(self.pixels[indices]), self.labels[indices].tolist(), strict=True))


def make_benchmark(material: Material) -> Any:
    """The images as one of their benchmarks."""
    base: Any = import_module("pytorch_ood.benchmark").Benchmark

    class Arrays(base):  # type: ignore[misc] # their library has no types
        """ID images with each of the OOD sets."""

        ood_names: ClassVar = list(material.ood)

        def train_set(self) -> Shown:
            """Images to fit on."""
            return Shown(material.transform, material.train)

        def test_sets(self, known: bool = True, unknown: bool = True) -> list[Shown]:
            """Pairs of sets, always both."""
            assert known
            assert unknown
            return [Shown(material.transform, material.id, ood) for ood in material.ood.values()]

    return Arrays()


def report(rounds: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Two tables in Markdown: costs and their ratios, and how far AUROCs are apart."""
    heads = ("", "CPU s", "/ ours", "wall s", "/ ours", "peak MB", "/ ours", "MB beyond the start")
    print(f"\n{line(*heads)}\n{line(*('---' for _ in heads))}")
    base = middle(rounds["ours"])
    for side, rows in rounds.items():
        for part in ("", *(rows[0]["seconds"] if side != "ours" else ())):
            *figures, beyond = middle(rows, part)
            shares = [f"{one:.1f} | {one / of:.2f}" for one, of in zip(figures, base, strict=False)]
            print(line(f"{side}, {part} alone" if part else side, *shares, f"{beyond:.0f}"))
    print(f"\n{line('method', 'theirs', 'largest difference of AUROC, points', 'remark')}\n{line(*4 * ['---'])}")
    mine, others = (rounds[side][-1]["aurocs"] for side in ("ours", "joint"))
    for name, found in mine.items():
        largest = max((found[ood] - others[name][ood] for ood in found), key=abs)
        print(line(name, PEERS[name].name, f"{100 * largest:+.3f}", PEERS[name].note))


def line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def middle(rows: Sequence[Mapping[str, Any]], part: str = "") -> tuple[float, float, float, float]:
    """Medians over the rounds: CPU and wall seconds of a part or of all, peak memory, and what of it the work added."""
    parts = [part] if part else rows[0]["seconds"]
    cpu, wall = (median(sum(row["seconds"][one][place] for one in parts) for row in rows) for place in (0, 1))
    return cpu, wall, median(row["peak"] for row in rows), median(row["peak"] - row["before"] for row in rows)


if __name__ == "__main__":
    main()
