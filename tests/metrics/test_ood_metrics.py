"""Every OOD metric against a brute-force oracle in exact fractions, scikit-learn, invariances and worked examples."""

import math
from fractions import Fraction
from random import Random

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from bench import metrics
from bench.errors import BenchError, NonFiniteScoresError

Scores = list[float]

HUGE = 1.7976931348623157e308
ODDITIES = [0.0, -0.0, 5e-324, -5e-324, 2.2e-308, 1e300, -1e300, HUGE, -HUGE, 1.0, 1.0 + 2**-52, 1.0 - 2**-53]
finite = st.floats(allow_nan=False, allow_infinity=False)
one_score = st.one_of(finite, st.sampled_from(ODDITIES), st.integers(-3, 3).map(float))
any_scores = st.lists(one_score, min_size=1, max_size=12)
tied_scores = st.lists(st.integers(0, 4).map(float), min_size=1, max_size=25)
score_pairs = st.one_of(st.tuples(any_scores, any_scores), st.tuples(tied_scores, tied_scores))
rates = st.sampled_from([0.001, 0.07, 0.29, 0.5, 0.57, 0.8, 0.9, 0.95, 0.99, 0.995, 1.0])
thorough = settings(max_examples=400, deadline=None)

WORKED_ID, WORKED_OOD = [0.9, 0.8, 0.7, 0.4], [0.6, 0.4, 0.3, 0.2, 0.1]


def share(count: int, scores: Scores) -> Fraction:
    return Fraction(count, len(scores))


def reaching(scores: Scores, threshold: float) -> Fraction:
    return share(sum(score >= threshold for score in scores), scores)


def negated(scores: Scores) -> Scores:
    return [-score for score in scores]


def oracle_auroc(a: Scores, b: Scores) -> Fraction:
    twice_won = sum(2 * (x > y) + (x == y) for x in a for y in b)
    return Fraction(twice_won, 2 * len(a) * len(b))


def oracle_fpr(a: Scores, b: Scores, tpr: str) -> Fraction:
    threshold = max(t for t in a + b if reaching(a, t) >= Fraction(tpr))
    return reaching(b, threshold)


def oracle_detection_error(a: Scores, b: Scores) -> Fraction:
    return min((1 - reaching(a, t) + reaching(b, t)) / 2 for t in [*a, *b, math.inf])


def oracle_average_precision(a: Scores, b: Scores) -> Fraction:
    area = recall = Fraction(0)
    for t in sorted(set(a), reverse=True):
        hits, alarms = sum(x >= t for x in a), sum(y >= t for y in b)
        area += (share(hits, a) - recall) * Fraction(hits, hits + alarms)
        recall = share(hits, a)
    return area


def oracle_tie_share(a: Scores, b: Scores) -> Fraction:
    tied = sum(any(x == y for y in b) for x in a) + sum(any(x == y for x in a) for y in b)
    return Fraction(tied, len(a) + len(b))


def oracle_band(a: Scores, b: Scores) -> float | None:
    """The literal scan of 100,000 thresholds, a comparison of each with every score."""
    low, high = min(a + b), max(a + b)
    grid = np.linspace(low, high, 100_000, endpoint=False)[:, None]
    tpr = (np.array(a) >= grid).mean(axis=1)
    fpr = (np.array(b) >= grid).mean(axis=1)
    inside = (tpr >= 0.9495) & (tpr <= 0.9505)
    return float(fpr[inside].mean()) if inside.any() else None


def close(value: float, exact: Fraction) -> bool:
    return abs(value - float(exact)) <= 1e-12


@thorough
@given(score_pairs, rates)
@example(([HUGE], [-HUGE]), 0.95)
@example(([0.0, -0.0], [-0.0]), 0.95)
@example(([5e-324], [0.0]), 0.95)
def test_every_metric_equals_its_definition(pair: tuple[Scores, Scores], tpr: float) -> None:
    a, b = pair
    result = metrics.evaluate(a, b, tpr=tpr)
    assert result.auroc == float(oracle_auroc(a, b))
    assert close(result.fpr_at_95_tpr, oracle_fpr(a, b, "0.95"))
    assert close(result.fpr_at_95_tpr_ood, oracle_fpr(negated(b), negated(a), "0.95"))
    assert close(result.fpr_at_tpr, oracle_fpr(a, b, str(tpr)))
    assert close(result.fpr_at_tpr_ood, oracle_fpr(negated(b), negated(a), str(tpr)))
    assert close(result.detection_error, oracle_detection_error(a, b))
    assert close(result.aupr_in, oracle_average_precision(a, b))
    assert close(result.aupr_out, oracle_average_precision(negated(b), negated(a)))
    assert close(result.tie_share, oracle_tie_share(a, b))
    assert (result.n_id, result.n_ood) == (len(a), len(b))


@thorough
@given(score_pairs, rates)
def test_single_functions_agree_with_evaluate(pair: tuple[Scores, Scores], tpr: float) -> None:
    a, b = pair
    result = metrics.evaluate(a, b, tpr=tpr)
    assert metrics.auroc(a, b) == result.auroc
    assert metrics.fpr_at_tpr(a, b) == result.fpr_at_95_tpr
    assert metrics.fpr_at_tpr(a, b, tpr) == result.fpr_at_tpr
    assert metrics.fpr_at_tpr(a, b, tpr, positive="ood") == result.fpr_at_tpr_ood
    assert metrics.detection_error(a, b) == result.detection_error
    assert metrics.aupr_in(a, b) == result.aupr_in
    assert metrics.aupr_out(a, b) == result.aupr_out
    assert metrics.fpr_at_95_tpr_band(a, b) == result.fpr_at_95_tpr_band
    assert metrics.tie_share(a, b) == result.tie_share


@thorough
@given(any_scores, rates)
def test_threshold_is_the_largest_score_that_keeps_the_share(scores: Scores, tpr: float) -> None:
    threshold = metrics.threshold_at_tpr(scores, tpr)
    assert threshold == max(t for t in scores if reaching(scores, t) >= Fraction(str(tpr)))


def test_the_rate_is_read_as_a_decimal() -> None:
    # In binary 0.07 * 100 is a little more than 7, which would ask for an eighth score.
    assert metrics.threshold_at_tpr(np.arange(1, 101), 0.07) == 94


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("decimals", [0, 1, 2, 15])
def test_agrees_with_scikit_learn(seed: int, decimals: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(1, 1, 700 + seed).round(decimals), rng.normal(0, 2, 300).round(decimals)
    scores, is_id = np.concatenate([a, b]), np.repeat([1, 0], [a.size, b.size])
    result = metrics.evaluate(a, b)
    assert result.auroc == pytest.approx(roc_auc_score(is_id, scores), abs=1e-12)
    assert result.aupr_in == pytest.approx(average_precision_score(is_id, scores), abs=1e-12)
    assert result.aupr_out == pytest.approx(average_precision_score(1 - is_id, -scores), abs=1e-12)


def test_sums_over_many_blocks_agree_with_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(1, 1, 150_000), rng.normal(0, 1, 120_000).round(3)
    scores, is_id = np.concatenate([a, b]), np.repeat([1, 0], [a.size, b.size])
    assert metrics.auroc(a, b) == pytest.approx(roc_auc_score(is_id, scores), abs=1e-12)
    assert metrics.aupr_in(a, b) == pytest.approx(average_precision_score(is_id, scores), abs=1e-12)
    assert metrics.aupr_out(a, b) == pytest.approx(average_precision_score(1 - is_id, -scores), abs=1e-12)


band_ids = st.lists(st.one_of(finite.map(lambda x: math.remainder(x, 8.0)), st.integers(-3, 3).map(float)), max_size=40)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([20, 40, 100, 137, 200]), st.sampled_from([1, 2, 16]), band_ids)
def test_band_equals_the_literal_scan(seed: int, size: int, decimals: int, extra: Scores) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(1, 1, size).round(decimals).tolist(), [*rng.normal(0, 1, 30).round(decimals).tolist(), *extra]
    expected, measured = oracle_band(a, b), metrics.fpr_at_95_tpr_band(a, b)
    assert (measured is None) == (expected is None)
    assert measured is None or measured == pytest.approx(expected, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.lists(one_score, min_size=20, max_size=20), any_scores)
def test_band_equals_the_literal_scan_on_extremes(a: Scores, b: Scores) -> None:
    assume(not math.isinf(max(a + b) - min(a + b)))
    expected, measured = oracle_band(a, b), metrics.fpr_at_95_tpr_band(a, b)
    assert (measured is None) == (expected is None)
    assert measured is None or measured == pytest.approx(expected, abs=1e-12)


def test_band_is_the_same_where_the_range_overflows() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.uniform(-0.9, 0.99, 2000), rng.uniform(-0.99, 0.9, 500)
    small = metrics.fpr_at_95_tpr_band(a, b)
    assert small is not None
    assert metrics.fpr_at_95_tpr_band(np.ldexp(a, 1024), np.ldexp(b, 1024)) == small


def test_band_worked_by_hand() -> None:
    # 95 of the 100 ID scores reach t for t in (5, 6]; one of ten OOD scores, at 5.5, reaches t in half of that.
    assert metrics.fpr_at_95_tpr_band(np.arange(1, 101), [0.0] * 9 + [5.5]) == pytest.approx(0.05, abs=2e-4)


@pytest.mark.parametrize(
    ("a", "b"),
    [([1.0, 2.0, 3.0], [0.0]), ([7.0] * 50, [7.0] * 50), ([1.0] * 100, [0.0, 2.0]), ([*range(20), 1e9], [0.5])],
    ids=["few", "constant", "tied at the quantile", "outlier stretches the range"],
)
def test_band_is_undefined_without_a_threshold_in_it(a: Scores, b: Scores) -> None:
    assert metrics.fpr_at_95_tpr_band(a, b) is None
    assert metrics.evaluate(a, b).to_dict()["fpr_at_95_tpr_band"] is None


def dense_ranks(a: Scores, b: Scores) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    ranks = {score: rank for rank, score in enumerate(sorted(set(a + b)))}
    return np.array([ranks[x] for x in a]), np.array([ranks[y] for y in b])


def without_band(result: metrics.OODMetrics) -> dict[str, object]:
    return {name: value for name, value in result.to_dict().items() if name not in ("fpr_at_95_tpr_band", "warnings")}


@thorough
@given(score_pairs)
def test_only_the_order_of_the_scores_matters(pair: tuple[Scores, Scores]) -> None:
    expected = without_band(metrics.evaluate(*pair))
    low, high = dense_ranks(*pair)
    assert without_band(metrics.evaluate(low, high)) == expected
    assert without_band(metrics.evaluate(low**3 - 7, high**3 - 7)) == expected
    assert without_band(metrics.evaluate(np.exp(low / 8.0), np.exp(high / 8.0))) == expected


@thorough
@given(score_pairs, st.randoms(use_true_random=False))
def test_the_order_of_the_images_does_not_matter(pair: tuple[Scores, Scores], random: Random) -> None:
    a, b = pair
    assert metrics.evaluate(random.sample(a, len(a)), random.sample(b, len(b))) == metrics.evaluate(a, b)


@thorough
@given(score_pairs)
def test_exchanging_and_negating_the_sets_exchanges_the_roles(pair: tuple[Scores, Scores]) -> None:
    a, b = pair
    one, other = metrics.evaluate(a, b), metrics.evaluate(negated(b), negated(a))
    assert one.auroc == other.auroc
    assert one.detection_error == other.detection_error
    assert (one.aupr_in, one.aupr_out) == (other.aupr_out, other.aupr_in)
    assert (one.fpr_at_95_tpr, one.fpr_at_95_tpr_ood) == (other.fpr_at_95_tpr_ood, other.fpr_at_95_tpr)
    assert one.auroc + metrics.auroc(b, a) == pytest.approx(1, abs=1e-15)


def test_worked_example() -> None:
    result = metrics.evaluate(WORKED_ID, WORKED_OOD, tpr=0.75)
    assert result.auroc == 18.5 / 20
    assert result.fpr_at_95_tpr == 2 / 5  # t = 0.4: 0.6 and 0.4 of five reach it
    assert result.fpr_at_95_tpr_ood == 1 / 4  # every OOD score is <= 0.6, and so is the ID score 0.4
    assert result.fpr_at_tpr == 0  # t = 0.7
    assert result.fpr_at_tpr_ood == 1 / 4  # four of five OOD scores are <= 0.4, and so is the ID score 0.4
    assert result.detection_error == 1 / 8  # t = 0.7 loses one of four ID images and no OOD image passes
    assert result.aupr_in == pytest.approx((1 + 1 + 1 + 4 / 6) / 4, abs=1e-15)
    assert result.aupr_out == pytest.approx((1 + 1 + 1 + 4 / 5 + 5 / 6) / 5, abs=1e-15)
    assert result.tie_share == 2 / 9


def test_perfectly_separated_sets() -> None:
    result = metrics.evaluate([2.0, 3.0], [0.0, 1.0])
    assert (result.auroc, result.aupr_in, result.aupr_out) == (1, 1, 1)
    assert (result.fpr_at_95_tpr, result.fpr_at_95_tpr_ood, result.detection_error) == (0, 0, 0)


def test_inverted_sets() -> None:
    result = metrics.evaluate([0.0, 1.0], [2.0, 3.0])
    precision = (1 / 3 + 2 / 4) / 2
    assert (result.auroc, result.detection_error) == (0, 0.5)
    assert result.aupr_in == pytest.approx(precision)
    assert result.aupr_out == pytest.approx(precision)
    assert (result.fpr_at_95_tpr, result.fpr_at_95_tpr_ood) == (1, 1)


def test_constant_scores_are_chance_with_a_warning() -> None:
    result = metrics.evaluate([0.25] * 30, [0.25] * 10)
    assert (result.auroc, result.fpr_at_95_tpr, result.detection_error) == (0.5, 1, 0.5)
    assert (result.aupr_in, result.aupr_out, result.tie_share) == (0.75, 0.25, 1)
    assert len(result.warnings) == 1
    assert "constant scores" in result.warnings[0]


@pytest.mark.parametrize(("tied", "warned"), [(1, False), (2, True)])
def test_more_than_one_percent_of_ties_is_a_warning(tied: int, warned: bool) -> None:
    # 200 scores; each tied value is held once by either set.
    a, b = np.arange(100) + 0.5, np.arange(100) + 0.25
    b[:tied] = a[:tied]
    result = metrics.evaluate(a, b)
    assert result.tie_share == tied / 100
    assert bool(result.warnings) == warned
    assert all("2.0 % of the scores" in warning for warning in result.warnings)


def test_ties_within_one_set_are_harmless() -> None:
    result = metrics.evaluate([1.0] * 50, [0.0] * 50)
    assert (result.tie_share, result.warnings) == (0, ())


def test_float32_is_converted_exactly() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(1, 1, 500).astype(np.float32), rng.normal(0, 1, 400).astype(np.float32)
    assert metrics.evaluate(a, b) == metrics.evaluate(a.astype(np.float64), b.astype(np.float64))


def test_the_callers_arrays_stay_as_they_were() -> None:
    a, b = np.array([3.0, 1.0, 2.0]), np.array([2.0, 0.0])
    metrics.evaluate(a, b)
    metrics.threshold_at_tpr(a)
    assert a.tolist() == [3.0, 1.0, 2.0]
    assert b.tolist() == [2.0, 0.0]


def test_row_has_the_documented_columns() -> None:
    columns = ["n_id", "n_ood", "auroc", "fpr_at_95_tpr", "fpr_at_95_tpr_ood", "detection_error", "aupr_in", "aupr_out"]
    columns += ["fpr_at_95_tpr_band", "tie_share", "warnings"]
    assert list(metrics.evaluate(WORKED_ID, WORKED_OOD).to_dict()) == columns


def test_another_rate_adds_its_own_columns() -> None:
    row = metrics.evaluate(WORKED_ID, WORKED_OOD, tpr=0.75).to_dict()
    assert (row["fpr_at_75_tpr"], row["fpr_at_75_tpr_ood"]) == (0, 0.25)
    assert (row["fpr_at_95_tpr"], row["fpr_at_95_tpr_ood"]) == (0.4, 0.25)


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ([], "ID scores: there are none"),
        ([[1.0, 2.0]], r"ID scores: expected a 1-D array .* got shape \(1, 2\)"),
        (3.0, r"got shape \(\)"),
        (["high", "low"], "ID scores: expected integers or floats"),
        ([1.0, None], "expected integers or floats"),
        ([True, False], "array of type bool"),
        ([1j], "array of type complex128"),
        ([[1.0], [1.0, 2.0]], "cannot be read as an array of numbers"),
        ([2**53 + 1], r"integers beyond 2\*\*53"),
        ([-(2**60), 0], r"integers beyond 2\*\*53"),
    ],
)
def test_bad_input_is_said_plainly(scores: npt.ArrayLike, message: str) -> None:
    with pytest.raises(BenchError, match=message):
        metrics.evaluate(scores, [0.0])


@pytest.mark.skipif(np.dtype(np.longdouble).itemsize == 8, reason="long double is float64 on this machine")
def test_scores_that_float64_cannot_hold_are_refused() -> None:
    with pytest.raises(BenchError, match="floats of at most 64 bits"):
        metrics.auroc(np.ones(3, np.longdouble), [0.0])


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_non_finite_scores_name_their_origin_and_first_image(bad: float) -> None:
    message = rf"OOD scores of msp on svhn: {bad} at index 2 \(the first of 2 among 4\)"
    with pytest.raises(NonFiniteScoresError, match=message):
        metrics.evaluate([1.0], [0.0, 1.0, bad, bad], context="msp on svhn")


def test_the_largest_exact_integers_are_accepted() -> None:
    assert metrics.auroc([2**53], [2**53 - 1]) == 1


@pytest.mark.parametrize("tpr", [0.0, -0.1, 1.01, math.nan])
def test_a_rate_outside_its_range_is_refused(tpr: float) -> None:
    for call in (
        lambda: metrics.evaluate([1.0], [0.0], tpr=tpr),
        lambda: metrics.fpr_at_tpr([1.0], [0.0], tpr),
        lambda: metrics.threshold_at_tpr([1.0], tpr),
    ):
        with pytest.raises(BenchError, match=r"fraction in \(0, 1\]"):
            call()


def test_a_rate_in_percent_gets_a_hint() -> None:
    with pytest.raises(BenchError, match=r"got 95. Did you mean 0.95\?"):
        metrics.evaluate([1.0], [0.0], tpr=95)


def test_an_unknown_positive_class_is_refused() -> None:
    with pytest.raises(BenchError, match="'id' or 'ood', got 'in'"):
        metrics.fpr_at_tpr([1.0], [0.0], positive="in")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
