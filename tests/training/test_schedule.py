"""The learning rate at each epoch, against the schedules' definitions."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.training.recipe import Recipe, load_recipe
from bench.training.schedule import learning_rate


@pytest.mark.parametrize(
    ("network", "dataset", "rates"),
    [
        ("vgg13", "cifar10", {0: 0.1, 59: 0.1, 60: 0.02, 119: 0.02, 120: 0.004, 159: 0.004, 160: 8e-4, 199: 8e-4}),
        ("densenet-bc-100-12", "cifar10", {0: 0.1, 149: 0.1, 150: 0.01, 224: 0.01, 225: 0.001, 299: 0.001}),
        ("vgg13", "svhn", {0: 0.01, 79: 0.01, 80: 1e-3, 119: 1e-3, 120: 1e-4, 159: 1e-4}),
        ("densenet-bc-100-12", "svhn", {0: 0.01, 149: 0.01, 150: 1e-3, 224: 1e-3, 225: 1e-4, 299: 1e-4}),
    ],
)
def test_the_papers_steps_come_at_their_epochs(network: str, dataset: str, rates: dict[int, float]) -> None:
    recipe = load_recipe("paper", network, dataset)
    batches = math.ceil(50_000 / recipe.batch_size)
    for epoch, rate in rates.items():
        for step in (0, batches // 2, batches - 1):
            assert learning_rate(recipe, epoch + step / batches) == pytest.approx(rate, rel=1e-12)


def test_the_cosine_rises_from_zero_to_the_peak_and_ends_at_zero() -> None:
    recipe = Recipe("r", epochs=20, learning_rate=0.4, warmup=4.0)
    assert learning_rate(recipe, 0) == 0
    assert learning_rate(recipe, 1) == pytest.approx(0.1)
    assert learning_rate(recipe, 4) == 0.4
    assert learning_rate(recipe, 12) == pytest.approx(0.2)
    assert learning_rate(recipe, 4 + 16 / 3) == pytest.approx(0.3)
    assert learning_rate(recipe, 20) == pytest.approx(0, abs=1e-16)


def test_a_cosine_without_warmup_starts_at_the_peak() -> None:
    assert learning_rate(Recipe("r", epochs=5, learning_rate=0.3), 0) == 0.3


@given(st.integers(1, 30), st.floats(0, 10), st.floats(0, 1))
def test_a_cosine_never_leaves_its_bounds(epochs: int, warmup: float, share: float) -> None:
    recipe = Recipe("r", epochs=epochs, learning_rate=0.1, warmup=warmup)
    assert 0 <= learning_rate(recipe, share * epochs) <= 0.1 * (1 + 1e-12)
