"""What methods that move images along a gradient cost beside their unavoidable passes.

Run `python benchmarks/gradient_methods.py`. The aim: at most 1.1 times a bare loop of one forward pass with a backward
pass to the image, and one forward pass of the moved image, with the same network, batch size and memory format; and
for all of them together, at most 1.1 times one forward pass, a backward pass for each different loss, and one forward
pass for each view. Ours is the pass with everything around it (reading, normalisation, outputs to memory) and the
scores. Medians of the rounds, in turns.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.data.images import ArrayImages
from bench.data.transform import NORMALIZATIONS, InputTransform
from bench.extraction.extract import extract
from bench.extraction.options import PassOptions
from bench.extraction.view import CLEAN
from bench.fitting.data import FitData
from bench.method_contract import METHODS, Method
from bench.networks.classifier import build_network
from bench.running.extraction import seen_by, wanted_by
from bench.running.network import TestedNetwork

COUNT, ROUNDS = 2048, 7
TRANSFORM = InputTransform(32, 32, 3, *NORMALIZATIONS["cifar10"])
CPU = torch.device("cpu")
NAMES = ("odin", "iodin", "mahalanobis-odin", "adascale-a", "adascale-l")


def main() -> None:
    model = build_network("resnet20", 10).eval().requires_grad_(False).to(memory_format=torch.channels_last)
    stream = np.random.default_rng(0)
    images = ArrayImages(stream.integers(0, 256, (COUNT, 32, 32, 3), dtype=np.uint8), stream.integers(0, 10, COUNT))
    batches = torch.split(TRANSFORM(images.pixels), PassOptions().batch_size)
    methods = {name: fitted(METHODS.get(name)(), model, images) for name in NAMES}
    cases = {name: [method] for name, method in methods.items()} | {"all together": list(methods.values())}
    print(f"{COUNT:,} images, ResNet-20, medians of {ROUNDS} rounds")
    for name, several in cases.items():
        wanted = [view for view in wanted_by(several) if view != CLEAN or name.startswith(("ada", "all"))]
        losses = len({view.loss for view in wanted if view.loss is not None})
        steps = sum(view.loss is not None for view in wanted)
        ours, bare = [], []
        for _ in range(ROUNDS):
            ours.append(seconds(lambda several=several: run(model, images, several)))  # type: ignore[misc]
            bare.append(seconds(lambda losses=losses, steps=steps: loop(model, batches, losses, steps)))  # type: ignore[misc]
        ratio = median(our / their for our, their in zip(ours, bare, strict=True))
        print(f"{name:<20} {ratio:.3f} of a forward pass, {losses} backward passes, and {steps} forward passes")


def fitted(method: Method, model: torch.nn.Module, images: ArrayImages) -> Method:
    """The method fitted on the images themselves, with the views it wants."""
    head = TestedNetwork(model, "resnet20", "", TRANSFORM, "", None).head
    shown = extract(model, images, TRANSFORM, [CLEAN, *method.fit_views()], device=CPU)
    train = shown[CLEAN]
    train = type(train)(train.logits, train.features, labels=images.labels, beside=shown)
    return method.fit(FitData(head, train))


def run(model: torch.nn.Module, images: ArrayImages, methods: Sequence[Method]) -> None:
    """As a run does it, but for the disk: the views that the methods want, and their scores."""
    wanted = wanted_by(methods)
    if all(method.view() != CLEAN for method in methods):
        del wanted[CLEAN]
    found = extract(model, images, TRANSFORM, list(wanted), probes=wanted, device=CPU)
    for method in methods:
        assert np.isfinite(method.score(seen_by(method, found))).all()


def loop(model: torch.nn.Module, batches: Sequence[Tensor], losses: int, steps: int) -> None:
    """What cannot be avoided, in the fewest lines."""
    for batch in batches:
        inputs = batch.detach().requires_grad_()
        logits, gradient = model(inputs).logits, batch
        for left in reversed(range(losses)):
            loss = F.cross_entropy(logits, logits.argmax(1), reduction="sum")
            (gradient,) = torch.autograd.grad(loss, inputs, retain_graph=left > 0)
        with torch.inference_mode():
            for _ in range(steps):
                model(batch - 0.001 * gradient.sign())


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
