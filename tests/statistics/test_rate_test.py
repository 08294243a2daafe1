"""The test of false-positive rates: against every swap of small sets, written out slowly, and by simulation."""

from __future__ import annotations

import itertools
import math

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import binom, rankdata

from bench.errors import BenchError
from bench.metrics import fpr_at_tpr
from bench.statistics import difference_of, fpr_test, refined_by_swaps

Floats = npt.NDArray[np.float64]

N = 25
# In a resample the threshold stands behind the place j if at most one of n draws falls up to it.
CHANCE = [binom.cdf(1, N, j / N) - binom.cdf(1, N, (j + 1) / N) for j in range(N)]


def slow_ratio(ids: Floats, oods: Floats) -> float:
    """|difference| / standard error for ranks (2, n) and (2, m), with one loop for each sum of the definition."""
    n, m = ids.shape[1], oods.shape[1]
    rank, chance = n // 20, CHANCE
    place = sum(chance[j] * j / n for j in range(n))
    spread = sum(chance[j] * (j / n - place) ** 2 for j in range(n))
    variance, slope, below, passed = [], [], [], []
    for own_ids, own_oods in zip(ids, oods, strict=True):
        ordered = sorted(own_ids)
        rates = [sum(own_oods >= score) / m for score in ordered]
        mean = sum(chance[j] * rates[j] for j in range(n))
        variance.append(sum(chance[j] * (rates[j] - mean) ** 2 for j in range(n)))
        slope.append(sum(chance[j] * (rates[j] - mean) * (j / n - place) for j in range(n)) / spread)
        below.append(own_ids < ordered[rank])
        passed.append(own_oods >= ordered[rank])
    alike = np.corrcoef(below)[0, 1] if all(0 < one.sum() < n for one in below) else 1.0
    of_ids = sum(variance) - 2 * alike * slope[0] * slope[1] * spread
    apart = passed[1].astype(float) - passed[0]
    return float(abs(apart.mean()) / math.sqrt(max(of_ids + apart.var() / m, 1 / m**2)))


def ranks(ids: Floats, oods: Floats) -> tuple[Floats, Floats]:
    joined = np.stack([rankdata(np.concatenate(one)) for one in zip(ids, oods, strict=True)])
    return joined[:, : ids.shape[1]], joined[:, ids.shape[1] :]


@pytest.mark.parametrize(("decimals", "seed"), [(0, 0), (6, 0)])
def test_p_values_are_those_of_all_swaps(decimals: int, seed: int) -> None:
    """Methods that differ on eight images: 256 swaps, each as probable as the next."""
    rng = np.random.default_rng(seed)
    ids, oods = rng.normal(1, 1, (1, N)).repeat(2, axis=0), rng.normal(0, 1, (1, 12)).repeat(2, axis=0)
    ids, oods = ids.round(decimals), oods.round(decimals)
    # The second method deals the same scores to these images in another order, so that all others keep their ranks.
    dealt = rng.permutation(np.concatenate([ids[1, :3], oods[1, :5]]))
    ids[1, :3], oods[1, :5] = dealt[:3], dealt[3:]
    found = fpr_test((ids[0], oods[0]), (ids[1], oods[1]), swaps=20_000)
    (ids, oods), ratios = ranks(ids, oods), []
    moved = [(side, place) for side in (ids, oods) for place in np.flatnonzero(side[0] != side[1])]
    for chosen in itertools.product([False, True], repeat=len(moved)):
        swapped = [ids.copy(), oods.copy()]
        for swap, (side, place) in zip(chosen, moved, strict=True):
            if swap:
                swapped[side is oods][:, place] = side[::-1, place]
        ratios.append(slow_ratio(*swapped))
    equal = np.isclose(ratios, ratios[0], rtol=1e-9)
    expected = np.mean((np.array(ratios) > ratios[0]) & ~equal) + equal.mean() / 2
    assert 0.05 < expected < 0.9  # else it would not be counted, or tell nothing
    assert found.p_value == pytest.approx(expected, abs=0.015)
    assert found.difference == pytest.approx(fpr_at_tpr(ids[1], oods[1]) - fpr_at_tpr(ids[0], oods[0]))


def pair(n: int, seed: int, *, gain: float = 0.0, step: float = 0.0) -> list[tuple[Floats, Floats]]:
    """Two methods whose scores correlate by 0.8, the second with ID scores that lie higher by `gain`."""
    rng, mixing = np.random.default_rng(seed), np.linalg.cholesky([[1, 0.8], [0.8, 1]])
    ids, oods = mixing @ rng.normal(size=(2, n)) + np.array([[2.0], [2.0 + gain]]), mixing @ rng.normal(size=(2, n))
    sides = [np.round(side / step) * step if step else side for side in (ids, oods)]
    return list(zip(*sides, strict=True))


@pytest.mark.parametrize("step", [0.0, 0.25])
def test_equally_good_methods_are_seldom_called_different(step: float) -> None:
    """Of 120 at 5 %, none happens once in five hundred times, and more than 15 once in two thousand."""
    found = [fpr_test(*pair(60, seed, step=step), swaps=80).p_value for seed in range(120)]
    assert 1 <= sum(p_value < 0.05 for p_value in found) <= 15


def test_a_difference_is_found_and_its_interval_agrees() -> None:
    first, second = pair(400, 0, gain=0.8)
    found = fpr_test(first, second)
    assert found.difference == fpr_at_tpr(*second) - fpr_at_tpr(*first) < 0
    assert found.p_value < 1e-4
    assert -1 < found.interval.low < found.difference < found.interval.high < 0
    assert fpr_test(first, second, confidence=0.8).interval.width == pytest.approx(
        found.interval.width * 1.2816 / 1.96, rel=1e-4
    )


def test_neither_order_nor_scale_matters_and_the_seed_does() -> None:
    first, second = pair(100, 1, gain=0.3)
    found = fpr_test(first, second)
    assert found == fpr_test(first, second)
    assert found == fpr_test(first, (np.exp(second[0]), np.exp(second[1])))
    back = fpr_test(second, first)
    assert back.difference == -found.difference
    assert back.p_value == pytest.approx(found.p_value)
    assert found.p_value != fpr_test(first, second, seed=1).p_value


def test_few_swaps_at_a_time_are_as_good_as_all(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = pair(300, 2, gain=0.3)
    expected = fpr_test(first, second, swaps=800)
    monkeypatch.setattr("bench.statistics.rate_test._ELEMENTS", 2000)
    assert fpr_test(first, second, swaps=800).p_value == pytest.approx(expected.p_value, abs=0.05)


def test_methods_that_leave_no_doubt() -> None:
    perfect, useless = (np.arange(300.0) + 300, np.arange(300.0)), (np.arange(300.0), np.arange(300.0) + 300)
    assert fpr_test(perfect, perfect).p_value == 1
    assert fpr_test(perfect, useless).p_value < 1e-6
    constant = np.ones(300), np.ones(300)
    assert fpr_test(constant, constant).p_value == 1
    assert fpr_test(perfect, constant).difference == 1
    assert fpr_test(([1.0], [0.0]), ([0.0], [1.0])).p_value >= 0.05  # one image of each proves nothing


def test_other_images_are_refused() -> None:
    with pytest.raises(BenchError, match="same images"):
        fpr_test(([1.0, 2.0], [0.0]), ([1.0, 2.0], [0.0, 1.0]))
    with pytest.raises(BenchError, match="confidence"):
        fpr_test(([1.0], [0.0]), ([1.0], [0.0]), confidence=95)


def test_swaps_stand_in_for_resamples_of_rates_alone() -> None:
    first, second = pair(100, 3, gain=0.3)
    mirrored = [(-oods, -ids) for ids, oods in (first, second)]
    doubtful, sure = difference_of(-0.1, 0.06**2), difference_of(-0.5, 0.05**2)
    assert refined_by_swaps("fpr_at_95_tpr", doubtful, lambda: [first, second]) == fpr_test(first, second)
    assert refined_by_swaps("fpr_at_95_tpr_ood", doubtful, lambda: [first, second]) == fpr_test(*mirrored)
    assert refined_by_swaps("aupr_in", doubtful, lambda: [first, second]) == doubtful
    assert refined_by_swaps("fpr_at_95_tpr", sure, lambda: [first, second]) == sure
    assert refined_by_swaps("fpr_at_95_tpr", doubtful, lambda: None) == doubtful
