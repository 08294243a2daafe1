"""What is shared is computed once, and everybody is charged for it."""

import time

import pytest

from bench.shared import Shared


def test_a_key_is_computed_once() -> None:
    shared, numbers = Shared(), iter(range(3))
    for _ in range(3):
        assert shared.once("a", lambda: next(numbers)) == 0
    assert shared.once(("a", 2), lambda: "other") == "other"
    assert Shared().once("a", lambda: "fresh") == "fresh"


def test_what_fails_is_not_kept() -> None:
    shared = Shared()
    with pytest.raises(ZeroDivisionError):
        shared.once("a", lambda: 1 // 0)
    assert shared.once("a", lambda: 5) == 5


def test_the_seconds_of_a_result_are_charged_to_all_who_use_it() -> None:
    shared = Shared()

    def slow() -> int:
        time.sleep(0.05)
        return 1

    def nested() -> int:
        time.sleep(0.02)
        return shared.once("inner", slow) + 1

    assert shared.once("inner", slow) == 1
    assert shared.spared == 0
    assert shared.once("outer", nested) == 2
    spared = shared.spared
    assert spared >= 0.05, "the inner one was there already"
    assert shared.once("outer", nested) == 2
    assert shared.spared - spared >= 0.07, "the outer one costs what it took with all in it"
