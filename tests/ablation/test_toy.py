"""The picture of the learned confidence: where it is low, and what the budget does."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from bench.ablation.file import read_ablation
from bench.ablation.outcome import Surfaces
from bench.ablation.toy import EXTENT, GRID, draw_points, toy_surfaces
from bench.errors import BenchError


@pytest.fixture(scope="module")
def surfaces() -> Surfaces:
    return toy_surfaces(read_ablation("budget"), {}, 0)


def test_labels_are_wrong_along_the_borders_only() -> None:
    points, labels, wrong = draw_points(0)
    distance = points.abs().min(1).values
    assert 0.05 < wrong.float().mean() < 0.2
    assert distance[wrong].mean() < 0.3 * distance[~wrong].mean()
    own = (points[:, 0] > 0) == (points[:, 1] > 0)
    assert torch.equal(labels.bool() != own, wrong)


def test_confidence_is_low_along_the_borders_and_lower_for_a_larger_budget(surfaces: Surfaces) -> None:
    axis = np.linspace(-EXTENT, EXTENT, GRID)
    second, first = np.meshgrid(axis, axis, indexing="ij")
    near = np.minimum(abs(first), abs(second))
    among = np.maximum(abs(first), abs(second)) < 1
    borders = [one.confidence[among & (near < 0.05)].mean() for one in surfaces.surfaces]
    inside = [one.confidence[among & (near > 0.5)].mean() for one in surfaces.surfaces]
    assert borders == sorted(borders, reverse=True)
    assert min(inside) > 0.9
    assert borders[1] < 0.75
    assert borders[-1] < 0.3
    predicted = surfaces.surfaces[0].positive > 0.5
    assert (predicted == (first * second > 0))[among & (near > 0.3)].mean() > 0.99


def test_the_price_is_steered_to_each_budget(surfaces: Surfaces) -> None:
    prices = [one.measured["price"] for one in surfaces.surfaces]
    assert prices == pytest.approx([0.1, 0.3, 0.6, 1.0], rel=0.1)
    weights = [one.measured["lambda"] for one in surfaces.surfaces]
    assert weights == sorted(weights, reverse=True), "a larger budget is kept to by a smaller weight"


def test_it_depends_on_the_seed_alone(surfaces: Surfaces, global_random_state: Callable[[], str]) -> None:
    before = global_random_state()
    again = toy_surfaces(read_ablation("budget"), {}, 0)
    assert global_random_state() == before
    assert np.array_equal(again.surfaces[1].confidence, surfaces.surfaces[1].confidence)
    assert not np.array_equal(draw_points(1)[0], draw_points(0)[0])


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("cutout", {}, "do not all differ in the settings of learned-confidence"),
        ("epsilon-transfer", {}, "has no variants of an objective that trains a confidence"),
        ("budget", {"odin.epsilon": 1}, "Unknown owner of the setting"),
        ("budget", {"learned-confidence.budgets": 1}, "Did you mean 'budget'"),
        ("budget", {"learned-confidence.hints": 2.0}, "hints between 0 and 1"),
    ],
)
def test_what_it_cannot_show_is_refused(name: str, settings: dict[str, float], words: str) -> None:
    with pytest.raises(BenchError, match=words):
        toy_surfaces(read_ablation(name), settings, 0)
