"""Work on several cores."""

import threading
from importlib import import_module

import numpy as np
import pytest

from bench.fitting import threads
from bench.fitting.threads import blas_threads, in_threads

threadpoolctl = import_module("threadpoolctl")  # it has no stubs


def allowed() -> list[int]:
    return [library["num_threads"] for library in threadpoolctl.threadpool_info() if library["user_api"] == "blas"]


def test_results_come_in_the_order_of_the_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "blas_threads", lambda: 3)
    assert in_threads(lambda job: job**2, range(50)) == [job**2 for job in range(50)]
    assert in_threads(lambda job: job, []) == []


def test_jobs_run_side_by_side_and_their_products_on_one_core_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "blas_threads", lambda: 2)
    before, both = allowed(), threading.Barrier(2, timeout=20)

    def work(_: int) -> list[int]:
        both.wait()
        assert (np.ones((9, 9)) @ np.ones((9, 9))).sum() == 9**3
        return allowed()

    found = in_threads(work, range(2))
    assert all(number == 1 for numbers in found for number in numbers)
    assert allowed() == before, "afterwards all is as it was"


def test_as_many_threads_as_matrix_products_may_take() -> None:
    with threadpoolctl.threadpool_limits(1, user_api="blas"):
        assert blas_threads() == 1
    assert blas_threads() == max(allowed(), default=1)


def test_errors_are_passed_on_and_limits_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    before = allowed()
    with pytest.raises(ZeroDivisionError):
        in_threads(lambda job: 1 // job, [1, 0])
    assert allowed() == before
