from __future__ import annotations

from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

best_places = import_module("bench.reports.best").best_places

FIGURES = st.lists(
    st.tuples(st.one_of(st.none(), st.integers(0, 5).map(float)), st.sampled_from([None, "a", "b"])), max_size=8
)


@pytest.mark.parametrize(
    ("figures", "compare_as", "places"),
    [
        ([3.0, 2.0], ["a", "a"], {0}),
        ([3.0, 3.0, 2.0], ["a", "a", "a"], {0, 1}),
        ([3.0, 2.0], ["a", "b"], set()),  # nothing to compare with
        ([3.0], [None], set()),
        ([None, None], ["a", "a"], set()),
        ([3.0, 2.0], ["a", None], {0}),
        ([2.0, 3.0], ["a", None], {1}),
        ([3.0, 2.0, 5.0, 4.0], ["a", "a", "b", "b"], {0, 2}),
        ([3.0, 2.0, 5.0, 4.0, 6.0], ["a", "a", "b", "b", None], {4}),
        ([3.0, 2.0, 5.0, 4.0, 4.0], ["a", "a", "b", "b", None], {2}),  # None beats a's, and b's beats it
        ([3.0, 2.0, 5.0, 1.0], ["a", "a", "b", None], {0}),  # b has None alone to compare with
    ],
)
def test_the_best_by_hand(figures: list[float | None], compare_as: list[str | None], places: set[int]) -> None:
    assert best_places(figures, compare_as, higher_is_better=True) == places
    negated = [None if figure is None else -figure for figure in figures]
    assert best_places(negated, compare_as, higher_is_better=False) == places


@given(FIGURES)
def test_no_comparable_figure_is_better_than_the_best(rows: list[tuple[float | None, str | None]]) -> None:
    figures, compare_as = [figure for figure, _ in rows], [value for _, value in rows]
    for place in best_places(figures, compare_as, higher_is_better=True):
        figure = figures[place]
        assert figure is not None
        for other, value in rows:
            if None in (value, compare_as[place]) or value == compare_as[place]:
                assert other is None or other <= figure
