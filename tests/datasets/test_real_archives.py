"""The real files of the sets, where the environment variable BENCH_DATA says they are."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from bench.data.dataset import DATASETS, Place
from bench.errors import MissingDataError

ROOT = Path(os.environ.get("BENCH_DATA", ""))
NAMES = [name for name in DATASETS.names() if DATASETS.get(name).obtained not in {"embedded", "generated"}]

pytestmark = pytest.mark.skipif("BENCH_DATA" not in os.environ, reason="BENCH_DATA is not set")


@pytest.mark.parametrize("name", NAMES)
def test_counts_labels_and_sizes_are_as_described(name: str) -> None:
    data_set, read = DATASETS.get(name)(), 0
    for split, count in data_set.counts.items():
        try:
            images = data_set.load(split, Place(ROOT))
        except MissingDataError:
            continue
        read += 1
        assert len(images) == count
        for image in images.read(np.array([0, count // 2, count - 1])):
            assert image.dtype == np.uint8
            assert image.std() > 0
            if data_set.image_size:
                assert image.shape[:2] == data_set.image_size
        if data_set.classes:
            assert images.labels is not None
            assert set(images.labels.tolist()) == set(range(len(data_set.classes)))
    if not read:
        pytest.skip(f"{name} is not below {ROOT}")


@pytest.mark.parametrize("name", NAMES)
def test_what_is_there_is_whole(name: str) -> None:
    assert "corrupt" not in {file.state for file in DATASETS.get(name)().verify(ROOT)}


@pytest.mark.parametrize("name", ["cifar10", "cifar100", "svhn", "mnist", "fashion-mnist", "kmnist", "emnist-letters"])
def test_the_training_transform_normalises(name: str) -> None:
    data_set = DATASETS.get(name)()
    try:
        images = data_set.load("train", Place(ROOT))
    except MissingDataError:
        pytest.skip(f"{name} is not below {ROOT}")
    transform = data_set.training_transform()
    some = np.random.default_rng(0).permutation(len(images))[:5000]
    batch = transform(images.read(some))
    assert abs(float(batch.mean())) < 0.1
    assert abs(float(batch.std()) - 1) < 0.1
