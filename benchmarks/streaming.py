"""Whether memory stays bounded when a set of many shards is extracted; run `python benchmarks/streaming.py`.

WebDataset shards of 1,000 PNG images of 96x96 pixels, 28 kB each once decoded, are read through, shown to the small
network and scored. Each number of shards is measured in a process of its own: the peak of resident memory that the
system keeps (`ru_maxrss`), in which pages of the memory-mapped outputs count too, beside what the images take decoded.
"""

from __future__ import annotations

import io
import json
import os
import resource
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.data.dataset import Place
from bench.data.resolve import resolve_dataset
from bench.data.transform import InputTransform
from bench.extraction.cache import extract_cached
from bench.extraction.view import CLEAN
from bench.metrics import evaluate
from bench.networks.classifier import build_network

SHARD, SIDE = 1000, 96
COUNTS = (2, 4, 8, 16)
TRANSFORM = InputTransform(32, 32, 3, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25))


def main() -> None:
    if len(sys.argv) > 1:
        print(json.dumps(peak(Path(sys.argv[1]), int(sys.argv[2]))))
        return
    with tempfile.TemporaryDirectory() as folder:
        for number in range(max(COUNTS)):
            write_shard(Path(folder), number)
        print(f"{'images':>8} {'decoded':>10} {'peak':>10}")
        for count in COUNTS:
            environment = {**os.environ, "BENCH_CACHE": str(Path(folder) / f"cache-{count}")}
            command = [sys.executable, __file__, folder, str(count)]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment)
            decoded = count * SHARD * SIDE * SIDE * 3 / 2**20
            print(f"{count * SHARD:>8,} {decoded:>6.0f} MiB {json.loads(done.stdout):>6.0f} MiB", flush=True)


def write_shard(folder: Path, number: int) -> None:
    """Images of 8x8 squares of random colours, each with its number, so that no two are alike."""
    rng = np.random.default_rng(number)
    with tarfile.open(folder / f"{number:04}.tar", "w") as archive:
        for place, squares in enumerate(rng.integers(0, 256, (SHARD, 12, 12, 3), dtype=np.uint8)):
            content = io.BytesIO()
            Image.fromarray(squares.repeat(8, 0).repeat(8, 1)).save(content, "png", compress_level=1)
            info = tarfile.TarInfo(f"{number:04}-{place:04}.png")
            info.size = len(content.getvalue())
            content.seek(0)
            archive.addfile(info, content)


def peak(folder: Path, count: int) -> float:
    shards = f"mine=webdataset:{folder}/{{0000..{count - 1:04}}}.tar"
    images = resolve_dataset(shards, {}, {}).load("test", Place(folder))
    assert len(images) == count * SHARD
    network = build_network("convnet", 10).eval()
    outputs = extract_cached(
        network, "w", images, TRANSFORM, {CLEAN: ()}, device=torch.device("cpu"), label="Extracting"
    )[CLEAN]
    half = len(images) // 2
    scores = outputs.logits.max(axis=1)
    evaluate(scores[:half], scores[half:])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
