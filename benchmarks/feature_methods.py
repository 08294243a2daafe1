"""What every function of logits and features costs at ImageNet's shape; run `python benchmarks/feature_methods.py`.

The aim: with 1,000 classes and 2,048 features, each method is fitted on 100,000 training rows and scores 50,000 test
rows within 3 minutes on two cores, and takes less than 2 GiB beyond the arrays, which are memory-mapped files. The
arrays are made: non-negative features around class means, of which most are small, and the logits of a last layer.
Each method is on its own: nothing that another one computed is shared. `--out FILE.csv` keeps the table;
`--train`, `--test`, `--classes`, `--features` choose another shape; names of methods choose some of them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.atomic import write_text
from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.extraction.view import CLEAN
from bench.fitting.data import Facts, FitData, Head
from bench.method_contract import METHODS, Method
from bench.running.cost import Cost, state_bytes
from bench.running.scoring import score_all

OTHERWISE = {"gmm": {"covariance": "tied"}}
"""Parameters for methods whose defaults are refused at a shape, where a covariance for each class is too large."""

COLUMNS = ("method", "fit_seconds", "score_seconds", "microseconds_per_image", "peak_memory_mb", "state_bytes")


def main() -> None:
    options = parse()
    with tempfile.TemporaryDirectory() as folder:
        train = make(Path(folder) / "train", options.train, options, labelled=True)
        test = make(Path(folder) / "test", options.test, options, labelled=False)
        head = make_head(options)
        rows = []
        for method in chosen(options):
            data = FitData(head, Outputs(train.logits, train.features, labels=train.labels))
            rows.append(measure(method, data, Outputs(test.logits, test.features)))
            print("  ".join(f"{value:>12}" for value in rows[-1]), flush=True)
    if options.out:
        lines = [COLUMNS, *rows]
        write_text(options.out, "".join(",".join(map(str, line)) + "\n" for line in lines))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Fit and score every feature method on made arrays.")
    parser.add_argument("methods", nargs="*", help="names; all functions of logits and features by default")
    for name, value in (("train", 100_000), ("test", 50_000), ("classes", 1000), ("features", 2048)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--out", type=Path)
    return parser.parse_args()


def chosen(options: argparse.Namespace) -> Iterator[Method]:
    """The methods by name, or all that score from logits, features and the last layer.

    One that refuses the shape with its default parameters is measured with those of `OTHERWISE`.
    """
    facts = Facts(options.classes, options.features, np.full(options.classes, options.train // options.classes))
    for name in options.methods or METHODS.names():
        method: Method = METHODS.get(name)()
        if not options.methods and not suffices(method):
            continue
        try:
            method.check(facts)
        except BenchError as error:
            print(f"{error} Measured with {OTHERWISE[name]}.")
            method = METHODS.get(name).make(OTHERWISE[name])
            method.check(facts)
        yield method


def suffices(method: Method) -> bool:
    """Whether logits, features, the last layer and training images are all that the method looks at, and it does."""
    looks = method.objective is not None and method.needs <= {"features", "head", "training"}
    return looks and not method.ensemble and not method.probes()


def make_head(options: argparse.Namespace) -> Head:
    stream = np.random.default_rng(0)
    weight = stream.normal(0, 1 / np.sqrt(options.features), (options.classes, options.features))
    return Head(weight.astype(np.float32).astype(np.float64), np.zeros(options.classes))


def make(folder: Path, count: int, options: argparse.Namespace, *, labelled: bool) -> Outputs:
    """`count` rows as files on disk, in parts, so that making them takes little memory."""
    folder.mkdir()
    stream, head = np.random.default_rng([1, labelled]), make_head(options)
    labels = stream.integers(0, options.classes, count)
    features = open_array(folder / "features.npy", (count, options.features))
    logits = open_array(folder / "logits.npy", (count, options.classes))
    for start in range(0, count, 5000):
        rows = slice(start, min(start + 5000, count))
        noise = stream.normal(0, 1, (rows.stop - start, options.features)).astype(np.float32)
        features[rows] = np.maximum(noise + 20 * head.weight[labels[rows]], 0)
        logits[rows] = head.logits(features[rows])
    kept = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("logits", "features")}
    return Outputs(kept["logits"], kept["features"], labels=labels if labelled else None)


def label(method: Method) -> str:
    """The method's name, with the parameters that are not its defaults."""
    defaults = type(method)().parameters()
    changed = [f"{name} {value}" for name, value in method.parameters().items() if value != defaults[name]]
    return f"{method.name} ({'; '.join(changed)})" if changed else method.name


def open_array(path: Path, shape: tuple[int, int]) -> NDArray[np.float32]:
    opened: NDArray[np.float32] = np.lib.format.open_memmap(path, "w+", np.float32, shape)
    return opened


def measure(method: Method, data: FitData, test: Outputs) -> tuple[str | float | int | None, ...]:
    """One line of the table."""
    fit = Cost()
    with fit.measured([data.shared]):
        method.fit(data)
    started = time.perf_counter()
    [(_, scored)] = list(score_all([method], {CLEAN: test}, "test", lambda _: nullcontext()))
    seconds = time.perf_counter() - started
    assert np.isfinite(scored.scores).all()
    peak = (fit + scored.cost).megabytes
    per_image = 1e6 * seconds / len(test)
    memory = None if peak is None else round(peak)
    return label(method), round(fit.seconds, 2), round(seconds, 2), round(per_image, 1), memory, state_bytes(method)


if __name__ == "__main__":
    main()
