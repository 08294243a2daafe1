"""Work on several cores, a piece on each, with matrix products that do not spread over the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from threadpoolctl import threadpool_info, threadpool_limits

Job = TypeVar("Job")
Result = TypeVar("Result")


def in_threads(work: Callable[[Job], Result], jobs: Iterable[Job]) -> list[Result]:
    """What `work` makes of each of the `jobs`, in their order, on as many cores as matrix products are allowed.

    numpy works on one core but for matrix products; their threads wait for each other at every product, which under
    load from other processes takes far longer than the product. So each thread here works on a job of its own.
    """
    threads = blas_threads()
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, jobs))


def blas_threads() -> int:
    """How many threads a matrix product may take: all cores, or what OMP_NUM_THREADS and its like allow."""
    return max((library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"), default=1)
