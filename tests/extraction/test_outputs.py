"""What is derived from the outputs of a pass."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.extraction.outputs import Outputs

LOGITS = np.array([[1, 5, 2], [9, 0, 0], [3, 3, 7], [0, 4, 4]], dtype=np.float32)
FEATURES = np.arange(8, dtype=np.float32).reshape(4, 2)
LABELS = np.array([1, 2, 2, 0])


def outputs() -> Outputs:
    return Outputs(LOGITS, FEATURES, np.array([0.0, 1.0, -2.0, 5.0], dtype=np.float32), LABELS)


def test_predictions_and_which_of_them_are_right() -> None:
    assert outputs().predictions.tolist() == [1, 0, 2, 1]
    assert outputs().correct.tolist() == [True, False, True, False]
    assert len(outputs()) == 4


def test_some_images_keep_all_that_belongs_to_them() -> None:
    for chosen in (slice(1, 3), np.array([1, 2]), np.array([False, True, True, False])):
        some = outputs().take(chosen)
        assert np.array_equal(some.logits, LOGITS[1:3])
        assert np.array_equal(some.features, FEATURES[1:3])
        assert some.confidence_logit is not None
        assert some.confidence_logit.tolist() == [1.0, -2.0]
        assert some.labels is not None
        assert some.labels.tolist() == [2, 2]
    bare = Outputs(LOGITS, FEATURES).take(slice(0, 2))
    assert (bare.confidence_logit, bare.labels) == (None, None)


@given(st.floats(-700, 700, width=32))
def test_the_confidence_is_the_sigmoid_in_double_precision(logit: float) -> None:
    found = Outputs(LOGITS[:1], FEATURES[:1], np.array([logit], dtype=np.float32)).confidence
    exact = 1 / (1 + (-Decimal(logit)).exp())
    assert found.dtype == np.float64
    assert found[0] == pytest.approx(float(exact), rel=1e-12)


def test_what_is_not_there_is_not_guessed() -> None:
    bare = Outputs(LOGITS, FEATURES)
    with pytest.raises(ValueError, match="no confidence branch"):
        bare.confidence  # noqa: B018 - reading it is the test
    with pytest.raises(ValueError, match="no labels"):
        bare.correct  # noqa: B018 - reading it is the test
