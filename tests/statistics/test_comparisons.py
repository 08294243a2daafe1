"""Corrections, groups, seeds and ranks: against other libraries, closed forms, and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scikit_posthocs
from scipy.stats import friedmanchisquare, ttest_ind, ttest_rel
from statsmodels.stats.multitest import multipletests

from bench.errors import BenchError
from bench.statistics import (
    Placements,
    Spread,
    best_group,
    bootstrap_test,
    compare_over_seeds,
    compare_ranks,
    delong_test,
    difference_of,
    hierarchical_interval,
    holm,
    smallest_difference,
    variance_of_differences,
)


@pytest.mark.parametrize("size", [1, 2, 3, 12])
def test_holm_is_that_of_statsmodels(size: int) -> None:
    rng = np.random.default_rng(size)
    for p_values in (rng.random(size), rng.random(size) ** 4, rng.integers(0, 3, size) / 20):
        assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1], abs=1e-12)


def test_wrong_p_values_are_refused() -> None:
    with pytest.raises(BenchError, match="lie in"):
        holm([0.1, 1.2])


def test_the_group_of_the_best() -> None:
    p_values = {(1, 0): 0.001, (1, 2): 0.04, (1, 3): 0.03}
    found = best_group([0.8, 0.95, 0.94, 0.93], lambda best, other: p_values[best, other], higher_is_better=True)
    # Holm: 0.001 x 3 is real, 0.03 x 2 is not, and so 0.04 is not either.
    assert found == {1, 2, 3}
    assert best_group([0.5, 0.2, 0.2], lambda best, other: 0.0, higher_is_better=False) == {1, 2}
    assert best_group([], lambda best, other: 0.0, higher_is_better=True) == set()


def test_a_difference_without_variance() -> None:
    assert difference_of(0.0, 0.0).p_value == 1
    assert difference_of(0.2, 0.0).p_value == 1
    assert difference_of(0.2, 0.0, pairs=1000).p_value == pytest.approx(2 * math.exp(-20))
    perfect, constant = Placements.of([3.0] * 500, [1.0] * 500), Placements.of([1.0] * 500, [1.0] * 500)
    assert delong_test(perfect, constant).p_value < 1e-6


def test_a_z_test_in_closed_form() -> None:
    found = difference_of(0.0196, 0.01**2)
    assert found.p_value == pytest.approx(0.05, abs=1e-4)
    assert found.interval.low == pytest.approx(0, abs=1e-5)


def test_undefined_resamples_give_no_test() -> None:
    assert bootstrap_test(0.1, 0.2, [[0.1, math.nan], [0.2, 0.2]]) is None
    with pytest.raises(BenchError, match="one by one"):
        bootstrap_test(0.1, 0.2, [[0.1], [0.2, 0.2]])


def test_what_a_pair_can_resolve_is_found_at_that_rate() -> None:
    least = smallest_difference(0.02**2, power=0.8)
    seen = np.random.default_rng(0).normal(least, 0.02, 4000)
    assert np.mean([difference_of(one, 0.02**2).p_value < 0.05 for one in seen]) == pytest.approx(0.8, abs=0.03)


def test_variances_of_differences_are_those_of_the_tests() -> None:
    rng = np.random.default_rng(1)
    methods = [Placements.of(rng.normal(1, 1, 60), rng.normal(0, 1, 50)) for _ in range(3)]
    table = variance_of_differences(methods)
    test = delong_test(methods[0], methods[2])
    assert difference_of(test.difference, table[0, 2]).p_value == pytest.approx(test.p_value)
    assert np.diag(table) == pytest.approx(np.zeros(3), abs=1e-15)


def test_without_images_seeds_are_compared_by_welch_and_student() -> None:
    first, second = [0.91, 0.93, 0.92, 0.90], [0.94, 0.95, 0.93]
    one, other = (Spread.of(figures, np.ones((len(figures), 5))) for figures in (first, second))
    found = compare_over_seeds(one, other, of_images=0.0)
    assert found is not None
    assert found.p_value == pytest.approx(ttest_ind(first, second, equal_var=False).pvalue)
    paired = np.subtract([0.94, 0.95, 0.96, 0.93], first)
    spread = Spread.of(list(paired), np.ones((4, 5)))
    found = difference_of(spread.mean, spread.of_seeds, freedom=3)
    assert found.p_value == pytest.approx(ttest_rel([0.94, 0.95, 0.96, 0.93], first).pvalue)
    assert spread.sd == pytest.approx(np.std(paired, ddof=1))


def test_one_seed_says_nothing_about_seeds() -> None:
    one = Spread.of([0.9], [[0.9, 0.91, 0.89]])
    assert hierarchical_interval(one) is None
    assert compare_over_seeds(one, Spread.of([0.9, 0.8], np.ones((2, 3))), 0.0) is None


@pytest.mark.parametrize("seeds", [3, 5])
def test_hierarchical_intervals_hold_the_truth(seeds: int) -> None:
    """Figures with an effect of each seed, of the images, and of both: 95 % ± 4 standard errors of 600 runs."""
    rng, hits = np.random.default_rng(seeds), 0
    for _ in range(600):
        of_images = rng.normal(0, 0.01)
        figures = 0.8 + rng.normal(0, 0.01, seeds) + of_images + rng.normal(0, 0.003, seeds)
        shared = rng.normal(0, 0.01, 200)
        replicates = figures[:, None] + shared + rng.normal(0, 0.003, (seeds, 200))
        found = hierarchical_interval(Spread.of(list(figures), replicates))
        assert found is not None
        hits += found.low <= 0.8 <= found.high
    assert 0.915 < hits / 600 < 0.99


def test_ranks_are_those_of_scikit_posthocs() -> None:
    rng = np.random.default_rng(2)
    figures = rng.normal([0.0, 0.5, 1.5, 1.4], 1, (12, 4))
    found = compare_ranks(figures, higher_is_better=True)
    assert found.nemenyi == pytest.approx(scikit_posthocs.posthoc_nemenyi_friedman(figures).to_numpy(), abs=1e-8)
    assert found.friedman_p == pytest.approx(friedmanchisquare(*figures.T).pvalue)
    assert found.mean_ranks.sum() == pytest.approx(1 + 2 + 3 + 4)
    assert found.mean_ranks.argmin() in (2, 3)
    # Demšar 2006, Table 5: q of four methods is 2.569.
    assert found.critical_difference == pytest.approx(2.569 * math.sqrt(4 * 5 / (6 * 12)), abs=1e-3)
    lower = compare_ranks(-figures, higher_is_better=False)
    assert lower.mean_ranks == pytest.approx(found.mean_ranks)
    assert (found.wilcoxon_holm == found.wilcoxon_holm.T).all()


def test_two_methods_and_equal_methods() -> None:
    same = compare_ranks([[0.5, 0.5], [0.7, 0.7]], higher_is_better=True)
    assert (same.friedman_p, same.wilcoxon_holm[0, 1]) == (1, 1)
    assert compare_ranks(np.arange(16.0).reshape(8, 2) ** 2, higher_is_better=True).friedman_p < 0.05


@pytest.mark.parametrize("figures", [[[0.5, 0.6]], [[0.5], [0.6]], [[0.5, math.nan], [0.1, 0.2]]])
def test_ranks_need_figures_of_several(figures: list[list[float]]) -> None:
    with pytest.raises(BenchError, match="at least two"):
        compare_ranks(figures, higher_is_better=True)
