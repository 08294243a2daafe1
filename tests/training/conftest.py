"""A toy that every network learns in seconds, and plans to train on it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.data.images import ArrayImages
from bench.data.transform import InputTransform
from bench.training.recipe import Augmentation, Recipe
from bench.training.train import TrainingPlan

SIDE = 16


def stripes(count: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Grey images of noise with a bright stripe: across, down, or both ways (three classes)."""
    stream = np.random.default_rng(0)
    labels = np.arange(count) % 3
    pixels = stream.integers(0, 120, (count, SIDE, SIDE), dtype=np.uint8)
    for image, label, place in zip(pixels, labels, stream.integers(2, SIDE - 4, count), strict=True):
        if label != 1:
            image[place : place + 3] += 120
        if label != 0:
            image[:, place : place + 3] |= 128
    return pixels, labels


@pytest.fixture(scope="session")
def toy_images() -> ArrayImages:
    """57 images, so that batches of 8 leave one image over."""
    return ArrayImages(*stripes(57), classes=("across", "down", "both"))


@pytest.fixture
def make_plan(toy_images: ArrayImages) -> Callable[..., TrainingPlan]:
    """A plan to train on the toy; recipe settings and plan fields by name."""

    def make(objective: str = "cross-entropy", seed: int = 0, parameters: Any = None, **settings: Any) -> TrainingPlan:
        recipe = Recipe(
            "toy", epochs=3, batch_size=8, learning_rate=0.05, warmup=0.5,
            augmentation=Augmentation(crop_padding=1, cutout=4),
        )  # fmt: skip
        return TrainingPlan(
            network="convnet",
            id_dataset="toy",
            data_identity=toy_images.identity,
            classes=toy_images.classes,
            transform=InputTransform(SIDE, SIDE, 1, (0.3,), (0.25,)),
            objective=objective,
            recipe=replace(recipe, **settings),
            seed=seed,
            objective_parameters=parameters or {},
        )

    return make
