"""Scores as tagged integers: the same order, exactly the same values, and ID first among ties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.metrics.tagged_scores import tag_and_sort

finite = st.floats(allow_nan=False, allow_infinity=False)
near = st.floats(-4, 4) | st.sampled_from([0.0, -0.0, 1.0, np.nextafter(1.0, 2), np.nextafter(1.0, 0), -1.0])
some_scores = st.lists(finite, max_size=30) | st.lists(near, max_size=30)


@settings(max_examples=300, deadline=None)
@given(some_scores, some_scores.filter(bool))
def test_keys_stand_for_the_scores_in_their_order(id_scores: list[float], ood_scores: list[float]) -> None:
    tagged = tag_and_sort(np.array(id_scores), np.array(ood_scores))
    expected = sorted([(score + 0.0, 0) for score in id_scores] + [(score + 0.0, 1) for score in ood_scores])
    assert tagged.decode(tagged.keys).tolist() == [score for score, _ in expected]
    assert (tagged.keys & 1).tolist() == [tag for _, tag in expected]


@settings(max_examples=300, deadline=None)
@given(some_scores.filter(bool))
def test_keys_are_equal_where_scores_are(scores: list[float]) -> None:
    tagged = tag_and_sort(np.array(scores), np.array([]))
    values = np.sort(np.array(scores))
    assert (np.diff(tagged.keys) == 0).tolist() == (np.diff(values) == 0).tolist()


@pytest.mark.parametrize("scores", [[1e308, 1e-308], [2.0**1023, 5e-324], [1.0, 5e-324, 0.0], [-1e300, -1e-300, 0.0]])
def test_scores_too_far_apart_for_a_bit_of_room_keep_their_values(scores: list[float]) -> None:
    tagged = tag_and_sort(np.array(scores), np.array(scores))
    assert tagged.decode(tagged.keys).tolist() == sorted(scores * 2)


@pytest.mark.parametrize("scale", [2.0**-1074, 2.0**-1022, 1.0, 2.0**1000])
def test_scores_of_any_scale_keep_their_values(scale: float) -> None:
    scores = np.array([1.0, 3.0, -2.0, 7.0]) * scale
    tagged = tag_and_sort(scores, -scores)
    assert tagged.decode(tagged.keys).tolist() == sorted([*scores, *-scores])
