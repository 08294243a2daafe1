"""The space that the principal directions leave over."""

import numpy as np
import pytest

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData, Head
from bench.fitting.residual_space import head_origin, principal_dim, residual_space


def some_data(dim: int = 6, classes: int = 3) -> FitData:
    stream = np.random.default_rng(0)
    features = (stream.normal(0, 1, (80, dim)) * np.arange(1, dim + 1) + 2).astype(np.float32)
    head = Head(stream.normal(0, 1, (classes, dim)), stream.normal(0, 1, classes))
    labels = np.arange(80) % classes
    return FitData(head, Outputs(head.logits(features).astype(np.float32), features, None, labels))


@pytest.mark.parametrize(
    ("features", "dim"), [(2048, 1000), (4096, 1000), (2047, 512), (768, 512), (767, 383), (512, 256), (64, 32), (1, 0)]
)
def test_the_authors_rule(features: int, dim: int) -> None:
    assert principal_dim(0, features) == dim
    assert principal_dim(5, features) == 5


@pytest.mark.parametrize(("classes", "dim"), [(3, 6), (6, 3), (4, 4)])
def test_the_origin_is_the_shortest_feature_with_the_smallest_logits(classes: int, dim: int) -> None:
    head = some_data(dim, classes).head
    origin = head_origin(head)
    gradient = head.weight.T @ head.logits(origin[None])[0]
    assert np.abs(gradient).max() < 1e-12
    if classes < dim:
        assert np.abs(head.logits(origin[None])).max() < 1e-12
        null = np.linalg.svd(head.weight)[2][classes:]
        assert np.abs(null @ origin).max() < 1e-12


def test_the_directions_are_orthonormal_and_leave_the_largest_variance_out() -> None:
    data = some_data()
    space = residual_space(data, 2)
    assert space.directions.T @ space.directions == pytest.approx(np.eye(4), abs=1e-12)
    away = data.features.astype(np.float64) - space.origin
    spread = np.linalg.svd(away)[1] ** 2
    assert (space.norms(data.train) ** 2).sum() == pytest.approx(spread[2:].sum(), rel=1e-10)


def test_all_share_one_decomposition_and_one_norm_per_space() -> None:
    data = some_data()
    space = residual_space(data, 2)
    assert residual_space(data, 2) is space
    assert residual_space(data, 3).origin is space.origin
    assert space.norms(data.train) is space.norms(data.train)
    assert not np.array_equal(residual_space(data, 3).norms(data.train), space.norms(data.train))
