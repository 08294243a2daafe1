from __future__ import annotations

import itertools
from importlib import import_module

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

places = import_module("bench.reports.label_places")

FRAME = places.Box(0.0, 0.0, 400.0, 400.0)
POINTS = st.lists(st.tuples(st.floats(60, 340), st.floats(60, 340)), min_size=1, max_size=12)


@given(POINTS)
@settings(deadline=None, max_examples=50)
def test_labels_lie_within_and_cover_no_label_and_no_point(points: list[tuple[float, float]]) -> None:
    boxes = places.label_places(points, [(9.0, 7.0)] * len(points), 2.5, FRAME)
    assert len(boxes) == len(points)
    assert all(FRAME.holds(box) for box in boxes)
    assert not any(one.overlap(other) for one, other in itertools.combinations(boxes, 2))
    for box in boxes:
        assert (box.right - box.left, box.top - box.bottom) == (pytest.approx(9), pytest.approx(7))
        assert not any(box.overlap(places.Box(x - 2.5, y - 2.5, x + 2.5, y + 2.5)) for x, y in points)
    assert places.label_places(points, [(9.0, 7.0)] * len(points), 2.5, FRAME) == boxes


def test_a_point_alone_has_its_label_beside_it() -> None:
    [box] = places.label_places([(200.0, 200.0)], [(10.0, 6.0)], 2.0, FRAME)
    assert (box.left, box.bottom) == (202, 202)


def test_fifty_points_on_one_spot_have_labels_that_can_be_told_apart() -> None:
    boxes = places.label_places([(200.0, 200.0)] * 50, [(10.0, 7.0)] * 50, 2.5, FRAME)
    assert not any(one.overlap(other) for one, other in itertools.combinations(boxes, 2))


def test_lines_are_not_covered() -> None:
    line = places.Box(0.0, 202.0, 400.0, 206.0)
    [box] = places.label_places([(200.0, 200.0)], [(10.0, 6.0)], 2.0, FRAME, [line])
    assert not box.overlap(line)


def test_without_room_there_is_a_place_all_the_same() -> None:
    boxes = places.label_places([(1.0, 1.0)] * 2, [(10.0, 6.0)] * 2, 2.0, places.Box(0.0, 0.0, 2.0, 2.0))
    assert len(boxes) == 2
