"""Weibull tails against the likelihood and scipy's distribution."""

import numpy as np
import pytest
from scipy.stats import weibull_min

from bench.fitting.weibull import SHIFT, WeibullTails, fit_tails


def samples() -> list[np.ndarray]:
    stream = np.random.default_rng(0)
    return [stream.gamma(2, scale, 60) for scale in (0.01, 1.0, 300.0)]


def test_no_other_shape_and_scale_are_likelier() -> None:
    tails = fit_tails(samples(), 20)
    for sample, smallest, shape, log_scale in zip(samples(), tails.smallest, tails.shape, tails.log_scale, strict=True):
        tail = np.sort(sample)[-20:]
        assert smallest == tail[0]
        shifted = (tail - smallest + SHIFT).astype(np.longdouble)

        def likelihood(c: float, log_s: float, values: np.ndarray = shifted) -> float:
            z = np.log(values / SHIFT) - log_s
            return float((np.log(c) + c * z - np.exp(c * z)).sum())

        best = likelihood(shape, log_scale)
        for c, s in [(1.001, 0), (0.999, 0), (1, 0.01), (1, -0.01), (1.001, 0.001), (0.999, -0.001)]:
            assert likelihood(shape * c, log_scale + s / shape) < best


def test_the_probability_is_the_distributions() -> None:
    tails = fit_tails(samples(), 20)
    for place, sample in enumerate(samples()):
        values = np.linspace(0, 2 * sample.max(), 50)
        scale = SHIFT * np.exp(tails.log_scale[place])
        expected = weibull_min.cdf(values - tails.smallest[place] + SHIFT, tails.shape[place], scale=scale)
        assert tails.probability(values, np.full(50, place)) == pytest.approx(expected, rel=1e-6, abs=1e-9)
        assert np.diff(expected).min() >= 0


def test_a_tail_of_equal_values_is_a_step_and_no_values_are_nan() -> None:
    tails = fit_tails([np.full(5, 2.0), np.zeros(0), np.array([3.0])], 4)
    places = np.array([0, 0, 0, 1, 2, 2, 0])
    found = tails.probability(np.array([1.9, 2.0, 2.1, 2.0, 2.9, 3.1, np.nan]), places)
    assert found == pytest.approx([0, 1 - np.exp(-1), 1, np.nan, 0, 1, np.nan], nan_ok=True)


def test_values_far_from_the_tail_give_zero_or_one() -> None:
    tails = WeibullTails(np.array([2e4]), np.array([1e6]), np.array([1e-4]))
    assert tails.probability(np.array([0.0, 1e9]), np.zeros(2, np.intp)).tolist() == [0, 1]
