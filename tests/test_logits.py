"""The largest softmax probability against decimal arithmetic, where float32 and float64 probabilities saturate."""

from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bench.extraction.outputs import Outputs
from bench.logits import (
    log_max_softmax,
    log_rest,
    log_rest_of,
    log_softmax,
    log_softmax_of,
    log_sum_exp,
    negative_entropy,
)

float32s = st.floats(-80, 80, width=32)
rows = st.integers(1, 6).flatmap(lambda classes: st.lists(float32s, min_size=classes, max_size=classes))


def exact_log_max_softmax(row: list[float], temperature: float = 1.0) -> Decimal:
    """By the definition, in 200 digits."""
    with localcontext() as context:
        context.prec = 200
        terms = [(Decimal(value) / Decimal(temperature)).exp() for value in row]
        return (max(terms) / sum(terms)).ln()


@settings(max_examples=150, deadline=None)
@given(rows, st.sampled_from([1.0, 0.5, 2.0, 1000.0]))
def test_it_is_the_definition_to_the_last_digits(row: list[float], temperature: float) -> None:
    found = log_max_softmax(np.array([row], dtype=np.float32), temperature)[0]
    exact = float(exact_log_max_softmax(row, temperature))
    assert found == pytest.approx(exact, rel=1e-12, abs=1e-300)
    assert -np.log(len(row)) - 1e-12 <= found <= 0


def saturated_logits() -> NDArray[np.float32]:
    """Rows whose largest probability is 1.0 in float32 and, from a gap of 40 on, in float64 too; sure ones last."""
    gaps = np.concatenate([np.linspace(18, 90, 120), [120.0, 200.0, 400.0]])
    logits = np.zeros((len(gaps), 3), dtype=np.float32)
    logits[:, 1] = gaps
    return logits


def test_where_probabilities_saturate_no_two_images_tie() -> None:
    logits = saturated_logits()
    shifted = logits - logits.max(1, keepdims=True)
    naive = (np.exp(shifted) / np.exp(shifted).sum(1, keepdims=True)).max(1)
    assert naive.dtype == np.float32
    assert np.all(naive == 1), "in float32 they all tie"
    scores = log_max_softmax(logits)
    assert np.all(np.diff(scores) > 0)
    assert scores == pytest.approx([float(exact_log_max_softmax(row)) for row in logits.tolist()], rel=1e-12)


def test_adding_a_constant_and_reordering_classes_change_nothing() -> None:
    logits = np.random.default_rng(0).integers(-30, 30, (50, 8)).astype(np.float32)
    expected = log_max_softmax(logits)
    assert np.array_equal(log_max_softmax(logits + np.float32(64)), expected)
    assert log_max_softmax(logits[:, ::-1]) == pytest.approx(expected, rel=1e-13)


def test_several_equally_large_classes_share_the_probability() -> None:
    assert log_max_softmax(np.array([[3.0, 3.0, 3.0, 3.0], [7.0, 7.0, -900.0, -900.0]])) == pytest.approx(
        [-np.log(4), -np.log(2)]
    )


def test_a_single_class_is_certain_and_half_precision_is_read() -> None:
    assert log_max_softmax(np.array([[5.0], [-3.0]])).tolist() == [0.0, 0.0]
    assert log_max_softmax(np.array([[1, 0]], dtype=np.float16))[0] == pytest.approx(-np.log1p(np.exp(-1)))


def test_the_logits_are_left_as_they_are_and_nan_is_passed_on() -> None:
    logits = np.random.default_rng(0).normal(size=(4, 3))
    logits[2, 1] = np.nan
    before = logits.copy()
    logits.setflags(write=False)
    assert np.isnan(log_max_softmax(logits)).tolist() == [False, False, True, False]
    assert np.array_equal(logits, before, equal_nan=True)


@pytest.mark.parametrize("row", [[np.inf, 0.0], [np.inf, np.inf], [-np.inf, -np.inf]])
def test_infinite_logits_are_never_taken_for_certainty(row: list[float]) -> None:
    assert np.isnan(log_max_softmax(np.array([row, [1.0, 0.0]]))).tolist() == [True, False]


def exact_parts(row: list[float], temperature: float) -> tuple[list[float], list[float], float, float]:
    """Log p, log(1 - p), T log of the sum of exponentials, and the sum of p log p, in 200 digits."""
    with localcontext() as context:
        context.prec = 200
        heat = Decimal(temperature)
        terms = [(Decimal(value) / heat).exp() for value in row]
        total = sum(terms, Decimal(0))
        shares = [term / total for term in terms]
        rest = [sum(terms[:k] + terms[k + 1 :], Decimal(0)) / total for k in range(len(terms))]
        entropy = sum((share * share.ln() for share in shares), Decimal(0))
        return (
            [float(share.ln()) for share in shares],
            [float(share.ln()) for share in rest],
            float(heat * total.ln()),
            float(entropy),
        )


several = st.integers(2, 6).flatmap(lambda classes: st.lists(float32s, min_size=classes, max_size=classes))


@settings(max_examples=100, deadline=None)
@given(several, st.sampled_from([1.0, 0.5, 1000.0]))
def test_the_parts_of_the_softmax_are_their_definitions_to_the_last_digits(
    row: list[float], temperature: float
) -> None:
    logits = np.array([row], dtype=np.float32)
    log_p, rest, energy, entropy = exact_parts(row, temperature)
    found = log_softmax(logits, temperature)
    assert found[0] == pytest.approx(log_p, rel=1e-12)
    assert log_rest(found)[0] == pytest.approx(rest, rel=1e-12, abs=1e-300)
    assert log_sum_exp(logits, temperature)[0] == pytest.approx(energy, rel=1e-12, abs=1e-12)
    assert negative_entropy(found)[0] == pytest.approx(entropy, rel=1e-11)
    assert found.max() == log_max_softmax(logits, temperature)[0]


def test_what_several_methods_share_is_computed_once_for_each_temperature() -> None:
    logits = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    outputs = Outputs(logits, logits)
    assert log_softmax_of(outputs) is log_softmax_of(outputs)
    assert log_rest_of(outputs, 2.0) is log_rest_of(outputs, 2.0)
    assert np.array_equal(log_softmax_of(outputs, 2.0), log_softmax(logits, 2.0))
    assert np.array_equal(log_rest_of(outputs), log_rest(log_softmax(logits)))


@pytest.mark.parametrize("row", [[np.inf, 0.0], [np.nan, 1.0], [-np.inf, -np.inf]])
def test_what_is_no_number_stays_none_in_all_parts(row: list[float]) -> None:
    logits = np.array([row, [1.0, 0.0], [1e4, -1e4]])
    log_p = log_softmax(logits)
    for part in (log_p, log_rest(log_p), log_sum_exp(logits), negative_entropy(log_p)):
        assert np.isnan(part[0]).all()
        assert np.isfinite(part[1:]).all()


def test_a_class_that_is_ruled_out_adds_nothing_to_the_entropy() -> None:
    assert negative_entropy(log_softmax(np.array([[0.0, 0.0, -np.inf]])))[0] == pytest.approx(-np.log(2))
