"""Scores in parts are those of the whole, what is shared is shared, and costs add up."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import numpy as np
import pytest

from bench.extraction.outputs import Outputs
from bench.extraction.view import CLEAN
from bench.method_contract import Method, Scores
from bench.running import scoring
from bench.running.cost import Cost, state_bytes
from bench.running.scoring import score_all


class First(Method):
    """The first logit."""

    name = "first"
    calls: list[int]

    def __init__(self) -> None:
        self.calls = []

    def score(self, outputs: Outputs) -> Scores:
        self.calls.append(len(outputs))
        assert outputs.labels is None, "labels are not for scoring"
        outputs.once("slow", lambda: time.sleep(0.02))
        return outputs.logits[:, 0].astype(np.float64)


class Failing(First):
    name = "failing"

    def score(self, outputs: Outputs) -> Scores:
        if len(outputs) < 4:
            raise ValueError("a bug in the last part")
        return super().score(outputs)


def some(count: int = 10) -> dict[object, Outputs]:
    logits = np.random.default_rng(0).normal(size=(count, 3)).astype(np.float32)
    return {CLEAN: Outputs(logits, logits, labels=np.zeros(count, np.int64))}


def test_parts_make_the_whole_and_all_methods_share_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "PART_ELEMENTS", 12)
    methods, found = [First(), First()], some()
    scored = dict(score_all(methods, found, "x", lambda _: nullcontext()))  # type: ignore[arg-type]
    for method in methods:
        assert method.calls == [4, 4, 2]
        assert scored[method].scores.tolist() == found[CLEAN].logits[:, 0].tolist()
        assert 0.06 <= scored[method].cost.seconds < 0.5, "each is charged what only one of them did"


def test_a_method_that_fails_is_left_out_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "PART_ELEMENTS", 12)
    failed: list[Method] = []

    def guard(method: Method) -> object:
        @contextmanager
        def noted() -> Iterator[None]:
            try:
                yield
            except ValueError:
                failed.append(method)

        return noted()

    methods = [First(), Failing(), First()]
    scored = [method for method, _ in score_all(methods, some(), "x", guard)]  # type: ignore[arg-type]
    assert scored == [methods[0], methods[2]]
    assert failed == [methods[1]]


def test_costs_add_seconds_and_keep_the_higher_peak() -> None:
    total = Cost(1.0, 5.0) + Cost(2.0, 3.0)
    assert (total.seconds, total.megabytes) == (3.0, 5.0)
    assert (Cost(1.0, 5.0) + Cost(2.0, None)).megabytes is None


def test_the_state_is_what_fit_keeps_counted_once() -> None:
    class Kept(First):
        pass

    method, array = Kept(), np.zeros(10)
    assert state_bytes(method) == 0
    method.one_, method.two_, method.more_ = array, {"again": array}, [np.zeros(3, np.float32)]  # type: ignore[attr-defined]
    assert state_bytes(method) == 80 + 12
