"""Which options of training pay: memory format, bf16, torch.compile; run `python benchmarks/training_options.py`.

Images per second of whole training steps (forward, loss, backward, SGD) on a batch at hand, in one process for each
combination, as a compiled network stays in memory. Medians of the steps after the first three. docs/benchmarks.md has
what two cores gave: channels-last and bf16 pay, compiling does not.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from itertools import product
from pathlib import Path
from statistics import median

import torch
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.device import pick_device
from bench.networks.classifier import build_network

BATCH, WARM_UP = 128, 3


def main() -> None:
    options = parse()
    if options.format:
        print(f"{images_per_second(options):,.0f}")
        return
    device = pick_device(options.device)
    print(f"{device}, {options.threads} threads, torch {torch.__version__}, batches of {BATCH}")
    for network in options.networks:
        found: dict[tuple[str, ...], float] = {}
        for combination in product(("channels-first", "channels-last"), ("fp32", "bf16"), ("eager", "compiled")):
            found[combination] = measured(network, combination, options)
            ratio = found[combination] / next(iter(found.values()))
            print(f"{network:<10} {' '.join(combination):<30} {found[combination]:>9,.0f}/s {ratio:>6.2f}", flush=True)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", default=["resnet20", "vgg13"])
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="auto")
    for name in ("format", "precision", "mode"):
        parser.add_argument(f"--{name}", help=argparse.SUPPRESS)
    return parser.parse_args()


def measured(network: str, combination: tuple[str, ...], options: argparse.Namespace) -> float:
    """Images per second, from a process of its own."""
    shared = [f"--{name}={getattr(options, name)}" for name in ("steps", "threads", "device")]
    chosen = [f"--{name}={value}" for name, value in zip(("format", "precision", "mode"), combination, strict=True)]
    command = [sys.executable, __file__, network, *shared, *chosen]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.replace(",", ""))


def images_per_second(options: argparse.Namespace) -> float:
    torch.set_num_threads(options.threads)
    device = pick_device(options.device)
    layout = torch.channels_last if options.format == "channels-last" else torch.contiguous_format
    model = build_network(options.networks[0], 10).to(device).to(memory_format=layout)
    run = torch.compile(model) if options.mode == "compiled" else model
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, nesterov=True, weight_decay=5e-4)
    images = torch.randn(BATCH, 3, 32, 32, device=device).to(memory_format=layout)
    labels = torch.randint(10, (BATCH,), device=device)
    taken = []
    for _ in range(WARM_UP + options.steps):
        start = time.perf_counter()
        with torch.autocast(device.type, torch.bfloat16, enabled=options.precision == "bf16"):
            logits = run(images).logits
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(F.cross_entropy(logits.float(), labels))
        optimizer.step()
        if device.type == "cuda":
            torch.cuda.synchronize()
        taken.append(time.perf_counter() - start)
    return BATCH / median(taken[WARM_UP:])


if __name__ == "__main__":
    main()
