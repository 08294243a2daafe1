"""DeLong's variance against its definition over all pairs and against another library; intervals at the edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from MLstatkit import Delong_test

from bench.errors import BenchError
from bench.metrics import auroc
from bench.metrics.inputs import FloatArray
from bench.statistics import Placements, auroc_interval, covariance, delong_test, unpaired_delong_test

few = st.lists(st.integers(0, 4).map(float), min_size=2, max_size=12)


def by_definition(methods: list[tuple[FloatArray, FloatArray]]) -> FloatArray:
    """The covariance from the kernel of every ID image with every OOD image."""
    kernels = [
        np.array([[1.0 if a > b else 0.5 if a == b else 0.0 for b in oods] for a in ids]) for ids, oods in methods
    ]
    n, m = kernels[0].shape
    found = np.empty((len(kernels), len(kernels)))
    for i, one in enumerate(kernels):
        for j, other in enumerate(kernels):
            of_id = (one.mean(axis=1) - one.mean()) @ (other.mean(axis=1) - other.mean()) / (n - 1)
            of_ood = (one.mean(axis=0) - one.mean()) @ (other.mean(axis=0) - other.mean()) / (m - 1)
            found[i, j] = of_id / n + of_ood / m
    return found


@settings(deadline=None)
@given(few, few, st.randoms(use_true_random=False))
def test_covariance_is_that_of_all_pairs(ids: list[float], oods: list[float], random: object) -> None:
    rng = np.random.default_rng(len(ids) * 100 + len(oods))
    methods = [(np.array(ids), np.array(oods)), (rng.permutation(ids), rng.integers(0, 3, len(oods)).astype(float))]
    placements = [Placements.of(*one) for one in methods]
    assert covariance(placements) == pytest.approx(by_definition(methods), abs=1e-12)
    assert placements[0].auroc == auroc(*methods[0])


@pytest.mark.parametrize("digits", [None, 1, 0])
def test_agrees_with_another_library(digits: int | None) -> None:
    rng = np.random.default_rng(0)
    ids, oods = rng.normal(1, 1, (300, 2)), rng.normal(0, 1, (200, 2))
    if digits is not None:
        ids, oods = ids.round(digits), oods.round(digits)
    first, second = (Placements.of(ids[:, k], oods[:, k]) for k in (0, 1))
    labels = np.repeat([1, 0], [300, 200])
    together = np.concatenate([ids, oods])
    found = Delong_test(labels, together[:, 0], together[:, 1])
    z, p_value, auc_a, auc_b, info = found[0], found[1], found[4], found[5], found[6]
    ours = delong_test(first, second)
    variance = first.variance + second.variance - 2 * covariance([first, second])[0, 1]
    assert (first.auroc, second.auroc) == pytest.approx((auc_a, auc_b), abs=1e-10)
    assert variance == pytest.approx(info["var_diff"], abs=1e-10)
    assert ours.p_value == pytest.approx(p_value, abs=1e-10)
    assert ours.difference / np.sqrt(variance) == pytest.approx(z, abs=1e-10)


def test_a_method_does_not_differ_from_itself() -> None:
    rng = np.random.default_rng(1)
    one = Placements.of(rng.normal(1, 1, 50), rng.normal(0, 1, 50))
    found = delong_test(one, one)
    assert (found.difference, found.p_value) == (0, 1)


def test_pairing_sees_what_two_sets_of_images_would_hide() -> None:
    rng = np.random.default_rng(2)
    ids, oods = rng.normal(1, 1, 400), rng.normal(0, 1, 400)
    first = Placements.of(ids, oods)
    second = Placements.of(ids + 0.2 + rng.normal(0, 0.1, 400), oods)
    assert delong_test(first, second).p_value < 1e-6
    assert unpaired_delong_test(first, second).p_value > 0.01


def test_sets_of_other_sizes_cannot_be_paired() -> None:
    with pytest.raises(BenchError, match="same images only"):
        delong_test(Placements.of([1.0, 2.0], [0.0, 1.0]), Placements.of([1.0, 2.0, 3.0], [0.0, 1.0]))


def test_a_perfect_auroc_is_bounded_by_disjoint_pairs() -> None:
    found = auroc_interval(np.arange(100.0) + 200, np.arange(150.0))
    # 100 pairs won in a row are 5 % likely at this chance of each.
    assert found.low**100 == pytest.approx(0.05)
    assert found.high == 1
    turned = auroc_interval(np.arange(150.0), np.arange(100.0) + 200)
    assert (turned.low, turned.high) == pytest.approx((0, 1 - found.low))


def test_constant_scores_say_little() -> None:
    found = auroc_interval(np.ones(200), np.ones(200))
    assert (found.low, found.high) == pytest.approx((0.5 - 0.09603, 0.5 + 0.09603), abs=1e-5)


@settings(deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=1, max_size=5), st.lists(st.floats(-5, 5), min_size=1, max_size=5))
def test_intervals_of_tiny_sets_hold_the_estimate(ids: list[float], oods: list[float]) -> None:
    found = auroc_interval(ids, oods)
    assert 0 <= found.low <= auroc(ids, oods) <= found.high <= 1
    assert found.width > 0


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95])
def test_a_confidence_is_a_fraction(confidence: float) -> None:
    with pytest.raises(BenchError, match="fraction in"):
        auroc_interval([1.0, 2.0], [0.0], confidence=confidence)


def test_more_confidence_is_wider_and_mirrored_scores_mirror_the_interval() -> None:
    rng = np.random.default_rng(3)
    ids, oods = rng.normal(1.5, 1, 100), rng.normal(0, 2, 80)
    narrow, wide = (auroc_interval(ids, oods, confidence=level) for level in (0.9, 0.99))
    assert wide.low < narrow.low < narrow.high < wide.high
    mirrored = auroc_interval(oods, ids, confidence=0.9)
    assert (1 - mirrored.high, 1 - mirrored.low) == pytest.approx((narrow.low, narrow.high), abs=1e-9)
