"""The noise sets follow the papers' definitions."""

from __future__ import annotations

from math import erf, exp, pi, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.data.dataset import DATASETS, Place
from bench.data.transform import NORMALIZATIONS, InputTransform
from bench.errors import BenchError

PLACE = Place(Path("/nowhere"), 32, 32, 3)
N = 200 * 32 * 32 * 3
SIGMAS = 5


def _values(name: str, **options: Any) -> NDArray[np.float64]:
    images = DATASETS.get(name)(count=200, **options).load("test", PLACE)
    return np.asarray(images.read(np.arange(200)), dtype=np.float64)


def _normal_cdf(x: float) -> float:
    return 0.5 * (1 + erf(x / sqrt(2)))


@pytest.mark.parametrize("name", ["uniform", "gaussian"])
def test_ten_thousand_float_images_of_the_networks_size(name: str) -> None:
    images = DATASETS.get(name)().load("test", Place(Path("/nowhere"), 28, 30, 1))
    assert len(images) == 10_000
    batch = np.asarray(images.read(np.array([0, 9_999])))
    assert batch.shape == (2, 28, 30, 1)
    assert batch.dtype == np.float32
    assert batch.min() >= 0
    assert batch.max() <= 1


def test_uniform_moments() -> None:
    values = _values("uniform")
    assert abs(values.mean() - 0.5) < SIGMAS / sqrt(12 * N)
    assert abs(values.var() - 1 / 12) < SIGMAS * sqrt(1 / 180 / N)
    counts = np.histogram(values, bins=20, range=(0, 1))[0]
    assert np.abs(counts - N / 20).max() < SIGMAS * sqrt(N / 20)


def test_gaussian_atoms_and_middle() -> None:
    values = _values("gaussian")
    atom = _normal_cdf(-0.5)
    for end in (0.0, 1.0):
        assert abs((values == end).mean() - atom) < SIGMAS * sqrt(atom * (1 - atom) / N)
    for low in np.arange(0, 1, 0.1):
        share = _normal_cdf(low + 0.1 - 0.5) - _normal_cdf(low - 0.5)
        found = ((values > low) & (values <= low + 0.1) & (values < 1)).mean()
        assert abs(found - share) < SIGMAS * sqrt(share / N) + 1e-6


def test_gaussian_moments_after_clipping() -> None:
    values = _values("gaussian")
    # For X ~ N(1/2, 1) clipped to [0, 1], around the centre: E[min(|Z|, 1/2)^2].
    density = exp(-1 / 8) / sqrt(2 * pi)
    variance = (1 - 2 * _normal_cdf(-0.5)) - density + 0.25 * 2 * _normal_cdf(-0.5)
    assert abs(values.mean() - 0.5) < SIGMAS * sqrt(variance / N)
    assert abs(values.var() - variance) < SIGMAS * 0.25 / sqrt(N)


@pytest.mark.parametrize("name", ["uniform", "gaussian"])
def test_pixels_channels_and_images_are_independent(name: str) -> None:
    values = _values(name) - 0.5
    values /= values.std()
    for axis in range(4):
        ahead, behind = np.split(values, 2, axis=axis) if axis < 3 else (values[..., 0], values[..., 1])
        assert abs((ahead * behind).mean()) < SIGMAS / sqrt(ahead.size)
        if axis < 3:
            neighbours = np.take(values, range(values.shape[axis] - 1), axis) * np.take(
                values, range(1, values.shape[axis]), axis
            )
            assert abs(neighbours.mean()) < SIGMAS / sqrt(neighbours.size)


@pytest.mark.parametrize("name", ["uniform", "gaussian"])
def test_seed_count_and_size_are_options(name: str) -> None:
    made = DATASETS.get(name)
    small = made(count=3, seed=1, size=8).load("test", PLACE)
    assert np.asarray(small.read(np.arange(3))).shape == (3, 8, 8, 3)
    assert small.identity != made(count=3, seed=2, size=8).load("test", PLACE).identity
    assert not np.array_equal(
        small.read(np.arange(3)), made(count=3, seed=2, size=8).load("test", PLACE).read(np.arange(3))
    )
    with pytest.raises(BenchError, match="'count'"):
        made(count="many").load("test", PLACE)


@pytest.mark.parametrize("name", ["uniform", "gaussian"])
def test_un_normalised_noise_reaches_the_network_as_it_is(name: str) -> None:
    """As the released script of DeVries & Taylor feeds it; undone is what the network's input transform does."""
    transform = InputTransform(32, 32, 3, *NORMALIZATIONS["cifar10"])
    place = Place(Path("/nowhere"), 32, 32, 3, transform.mean, transform.std)
    plain = DATASETS.get(name)(count=4).load("test", place)
    moved = DATASETS.get(name)(count=4, normalized=False).load("test", place)
    seen = transform(moved.read(np.arange(4))).permute(0, 2, 3, 1).numpy()
    np.testing.assert_allclose(seen, np.asarray(plain.read(np.arange(4))), atol=1e-6)
    assert moved.note == "fed un-normalised"
    other = DATASETS.get(name)(count=4, normalized=False).load("test", Place(Path(), 32, 32, 3, (0.5,) * 3, (0.5,) * 3))
    assert len({plain.identity, moved.identity, other.identity}) == 3


def test_without_a_known_normalisation_none_can_be_undone() -> None:
    with pytest.raises(BenchError, match="needs a network whose normalisation is known"):
        DATASETS.get("uniform")(normalized=False).load("test", PLACE)
