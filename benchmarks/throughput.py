"""Images per second of our training and extraction against a hand-written loop; run `python benchmarks/throughput.py`.

The aim: at least 0.9 of the bare loop with the same settings: network, data, batch size, precision, channels-last.
Ours is all that a run does: building, progress, seeds, a state on disk after each epoch, the checkpoint, and outputs
written to disk. The bare loop has its images as one tensor in memory and keeps its outputs there. The two take turns,
and the ratio is the median over the rounds. In the case "augmented" only ours crops, flips and cuts out.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.cache import VARIABLE
from bench.data.dataset import DATASETS, Place
from bench.data.images import ArrayImages, Images
from bench.data.transform import NORMALIZATIONS, InputTransform
from bench.device import pick_device
from bench.extraction.cache import extract_cached
from bench.extraction.options import PassOptions
from bench.extraction.view import CLEAN
from bench.networks.classifier import Classifier, build_network
from bench.training.recipe import Augmentation, Precision, Recipe
from bench.training.train import TrainingPlan, train

CLASSES = tuple("0123456789")


@dataclass(frozen=True)
class Case:
    """What is trained on and extracted from; `recipe` holds the settings that both loops share."""

    name: str
    network: str
    images: Images
    transform: InputTransform
    recipe: Recipe
    device: torch.device

    @property
    def labels(self) -> Tensor:
        """Class indices `(N,)` on the device."""
        assert self.images.labels is not None
        return torch.from_numpy(self.images.labels).to(self.device)

    def model(self) -> Classifier:
        """A fresh network on the device."""
        built = build_network(self.network, len(CLASSES), channels=self.transform.channels)
        return built.to(self.device).to(memory_format=torch.channels_last)

    def pixels(self) -> Tensor:
        """All images `(N, C, H, W)` with values in [0, 1] and the network's size."""
        everything = self.images.read(np.arange(len(self.images)))
        return self.transform.to_unit(everything, self.device).contiguous(memory_format=torch.channels_last)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--images", type=int, default=2560, help="size of the synthetic 32x32 set")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--only", default="", help="cases whose name begins so, such as vgg13")
    arguments = parser.parse_args()
    device = pick_device(arguments.device)
    print(f"{device}, {torch.get_num_threads()} threads, torch {torch.__version__}, {arguments.rounds} rounds")
    print(f"{'case':<44} {'bare':>10} {'ours':>10} {'ratio':>6}   of the rounds")
    for case in cases(arguments.images, device):
        if not case.name.startswith(arguments.only):
            continue
        print(compare(f"training, {case.name}", case, bare_training, our_training, arguments.rounds), flush=True)
        if case.recipe.precision == "fp32":  # as extraction always is
            line = compare(f"extraction, {case.name}", case, bare_extraction, our_extraction, arguments.rounds)
            print(line, flush=True)


def cases(count: int, device: torch.device) -> Iterator[Case]:
    """ResNet-20 and VGG13 on random images, in both precisions and augmented; the small network on 8 x the digits."""
    stream = np.random.default_rng(0)
    pixels = stream.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    colour = ArrayImages(pixels, stream.integers(0, len(CLASSES), count), classes=CLASSES)
    transform = InputTransform(32, 32, 3, *NORMALIZATIONS["cifar10"])
    plain, varied = Augmentation(), Augmentation(crop_padding=4, flip=True, cutout=16)
    settings: list[tuple[str, Precision, Augmentation]] = [
        ("fp32", "fp32", plain),
        ("bf16", "bf16", plain),
        ("bf16, augmented", "bf16", varied),
    ]
    for network in ("resnet20", "vgg13"):
        for name, precision, augmentation in settings:
            recipe = Recipe("throughput", epochs=1, precision=precision, augmentation=augmentation)
            yield Case(f"{network}, random, {name}", network, colour, transform, recipe, device)
    digits = DATASETS.get("digits")()
    train_images = digits.load("train", Place(Path()))
    pixels = np.tile(train_images.read(np.arange(len(train_images))), (8, 1, 1))
    images = ArrayImages(pixels, np.tile(train_images.labels, 8), classes=CLASSES)
    recipe = Recipe("throughput", epochs=1, batch_size=64)
    yield Case("convnet, 8 x digits, fp32", "convnet", images, digits.training_transform(), recipe, device)


def compare(name: str, case: Case, bare: Callable[[Case], int], ours: Callable[[Case], int], rounds: int) -> str:
    """One line with the median images per second of both, and the median and range of their ratio."""
    taken: list[tuple[float, float]] = []
    for turn in range(rounds + 1):
        pair = {loop: images_per_second(loop, case) for loop in ((bare, ours) if turn % 2 else (ours, bare))}
        taken.append((pair[bare], pair[ours]))
    counted = taken[1:]
    ratios = sorted(one / other for other, one in counted)
    slow, fast = (median(pair[place] for pair in counted) for place in (0, 1))
    return f"{name:<44} {slow:>8,.0f}/s {fast:>8,.0f}/s {median(ratios):>6.3f}   {ratios[0]:.3f} to {ratios[-1]:.3f}"


def images_per_second(loop: Callable[[Case], int], case: Case) -> float:
    """The speed of one loop, which says how many images it did; its cache is a folder of its own, gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ[VARIABLE] = folder
        start = time.perf_counter()
        done = loop(case)
        return done / (time.perf_counter() - start)


def our_training(case: Case) -> int:
    """As `bench train` does it."""
    plan = TrainingPlan(
        network=case.network,
        id_dataset="throughput",
        data_identity=case.images.identity,
        classes=CLASSES,
        transform=case.transform,
        objective="cross-entropy",
        recipe=case.recipe,
        seed=0,
    )
    train(plan, case.images, case.device)
    return case.recipe.epochs * len(case.images)


def bare_training(case: Case) -> int:
    """What one would write: shuffle, forward, backward, step."""
    recipe, model = case.recipe, case.model()
    optimizer = torch.optim.SGD(
        model.parameters(),
        lr=recipe.learning_rate,
        momentum=recipe.momentum,
        nesterov=recipe.nesterov,
        weight_decay=recipe.weight_decay,
    )
    images, labels = case.transform.normalize(case.pixels()), case.labels
    loss = torch.zeros(())
    model.train()
    for _ in range(recipe.epochs):
        for chosen in torch.split(torch.randperm(len(images)).to(case.device), recipe.batch_size):
            with torch.autocast(case.device.type, torch.bfloat16, enabled=recipe.precision == "bf16"):
                logits = model(images[chosen]).logits
            loss = F.cross_entropy(logits.float(), labels[chosen])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    assert np.isfinite(loss.item())
    return recipe.epochs * len(images)


def our_extraction(case: Case) -> int:
    """As a run does it."""
    model = case.model().eval().requires_grad_(False)
    extract_cached(
        model, "weights", case.images, case.transform, {CLEAN: ()}, device=case.device, label=f"Extracting {case.name}"
    )
    return len(case.images)


def bare_extraction(case: Case) -> int:
    """What one would write: batch by batch forward, everything kept."""
    model = case.model().eval()
    images = case.transform.normalize(case.pixels())
    with torch.inference_mode():
        outputs = [model(batch) for batch in torch.split(images, PassOptions().batch_size)]
        logits = torch.cat([output.logits for output in outputs]).cpu()
        features = torch.cat([output.features for output in outputs]).cpu()
    assert len(logits) == len(features) == len(images)
    return len(images)


if __name__ == "__main__":
    main()
