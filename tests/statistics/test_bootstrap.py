"""Resamples against `evaluate` on the scores written out; their counts against the multinomial distribution."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from bench.metrics import evaluate
from bench.metrics.inputs import FloatArray
from bench.statistics import METRICS, bootstrap
from bench.statistics.resampling import resample_counts

scores = st.one_of(
    st.lists(st.integers(-2, 2).map(float), min_size=1, max_size=30),
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30),
)


def written_out(ids: FloatArray, oods: FloatArray, resamples: int) -> FloatArray:
    """The metrics of each resample, by evaluating its images one by one."""
    of_id = np.concatenate(list(resample_counts(len(ids), resamples, 0, "bootstrap", "id")))
    of_ood = np.concatenate(list(resample_counts(len(oods), resamples, 0, "bootstrap", "ood")))
    rows = [evaluate(np.repeat(ids, a), np.repeat(oods, b)).to_dict() for a, b in zip(of_id, of_ood, strict=True)]
    return np.array([[np.nan if row[name] is None else row[name] for name in METRICS] for row in rows], np.float64)


@settings(deadline=None, max_examples=40)
@given(scores, scores)
def test_small_resamples_are_what_evaluate_gives(ids: list[float], oods: list[float]) -> None:
    found = bootstrap(ids, oods, resamples=7)
    np.testing.assert_allclose(found, written_out(np.array(ids), np.array(oods), 7), atol=2e-6, rtol=0)


@pytest.mark.parametrize("digits", [None, 2, 1])
@pytest.mark.parametrize("sizes", [(1200, 700), (700, 1200), (40, 5000)])
def test_resamples_are_what_evaluate_gives(sizes: tuple[int, int], digits: int | None) -> None:
    rng = np.random.default_rng(0)
    ids, oods = rng.normal(1.5, 1, sizes[0]), rng.normal(0, 1, sizes[1])
    if digits is not None:
        ids, oods = ids.round(digits), oods.round(digits)
    found = bootstrap(ids, oods, resamples=30)
    np.testing.assert_allclose(found, written_out(ids, oods, 30), atol=2e-6, rtol=0)
    assert np.isfinite(found[:, :-1]).all()


def test_ranges_that_float64_cannot_hold() -> None:
    ids, oods = 1e308 * np.linspace(-1.6, 1.7, 60), 1e308 * np.linspace(-1.7, 1.2, 50)
    np.testing.assert_allclose(bootstrap(ids, oods, resamples=20), written_out(ids, oods, 20), atol=2e-6, rtol=0)


def test_methods_on_the_same_images_have_the_same_resamples() -> None:
    rng = np.random.default_rng(1)
    ids, oods = rng.normal(1, 1, 300), rng.normal(0, 1, 200)
    found = bootstrap(ids, oods, resamples=40)
    np.testing.assert_array_equal(found, bootstrap(2 * ids, 2 * oods, resamples=40))
    np.testing.assert_array_equal(found, bootstrap(ids, oods, resamples=60)[:40])
    assert (found != bootstrap(ids, oods, resamples=40, seed=1)).any()


@pytest.mark.parametrize("size", [1, 3, 20, 40, 1000])
def test_every_resample_is_complete(size: int) -> None:
    counts = np.concatenate(list(resample_counts(size, 130, 0, "test")))
    assert counts.shape == (130, size)
    assert (counts.sum(axis=1) == size).all()


@pytest.mark.parametrize("size", [3, 40])
def test_counts_are_multinomial(size: int) -> None:
    """Against drawing images one by one: how often an image occurs k times, and two images together."""
    counts = np.concatenate(list(resample_counts(size, 5_000, 0, "multinomial")))
    drawn = np.random.default_rng(0).multinomial(size, np.full(size, 1 / size), 50_000)
    for image in (0, size - 1):
        seen, expected = (np.bincount(np.minimum(some[:, image], 4), minlength=5) for some in (counts, drawn))
        kept = expected > 0
        assert chisquare(seen[kept], expected[kept] * (seen[kept].sum() / expected[kept].sum())).pvalue > 1e-4
    together = np.cov(counts[:, 0].astype(float), counts[:, 1].astype(float))
    assert together[0, 0] == pytest.approx(1 - 1 / size, abs=0.08)
    assert together[0, 1] == pytest.approx(-1 / size, abs=0.03)


def test_the_spread_over_resamples_is_that_over_new_sets() -> None:
    """The standard deviation of the detection error and the AUPR, against sets drawn anew."""
    rng = np.random.default_rng(2)
    drawn = [evaluate(rng.normal(2, 1, 400), rng.normal(0, 1, 400)) for _ in range(300)]
    found = bootstrap(rng.normal(2, 1, 400), rng.normal(0, 1, 400), resamples=1000)
    for name in ("auroc", "aupr_in", "aupr_out", "detection_error"):
        spread = np.std([getattr(one, name) for one in drawn])
        assert np.std(found[:, METRICS.index(name)]) == pytest.approx(spread, rel=0.35)
