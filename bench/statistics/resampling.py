"""How often each image occurs in each resample of a set: multinomial counts, drawn many at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy.special import pdtr

from bench.seeds import derived_seed

CountArray = npt.NDArray[np.uint8]

BLOCK = 25
"""Resamples that are drawn at a time; part of what the seed determines, so that it must not depend on memory."""

_LEVELS = 2**16
_LEFT_FOR_LATER = 5.0


def resample_counts(size: int, resamples: int, seed: int, *purpose: str | int) -> Iterator[CountArray]:
    """Counts `(k, size)` of resamples with replacement, of which each row adds up to `size`, in blocks of few rows.

    Sets of the same size that are resampled with the same seed and purpose have the same counts: so the resamples of
    two methods on the same images are paired.

    A row of Poisson counts, given their sum, is a multinomial draw of that many. So most images are drawn as Poisson
    counts of a mean slightly below 1, which a table turns 16 random bits into, and the few that are still missing one
    by one. That takes a third of the time of drawing all one by one.
    """
    generator = np.random.Generator(np.random.SFC64(derived_seed(seed, *purpose, size)))
    mean = max(0.0, 1 - _LEFT_FOR_LATER / size**0.5)
    table = _poisson_table(mean)
    for start in range(0, resamples, BLOCK):
        yield _draw(generator, size, table)[: resamples - start]


def _draw(generator: np.random.Generator, size: int, table: CountArray) -> CountArray:
    counts = _poisson_counts(generator, BLOCK, size, table)
    missing = _missing(counts)
    while (missing < 0).any():  # about once in three million rows
        again = np.flatnonzero(missing < 0)
        counts[again] = _poisson_counts(generator, len(again), size, table)
        missing = _missing(counts)
    images = generator.integers(0, size, int(missing.sum()))
    # The 1 is of the counts' type, for which numpy has a fast loop.
    np.add.at(counts.reshape(-1), np.repeat(np.arange(BLOCK) * size, missing) + images, np.uint8(1))
    return counts


def _missing(counts: CountArray) -> npt.NDArray[np.int64]:
    # Sums of a type that is no wider than need be take half the time.
    return np.asarray(counts.shape[1] - counts.sum(axis=1, dtype=np.uint32).astype(np.int64))


def _poisson_counts(generator: np.random.Generator, rows: int, size: int, table: CountArray) -> CountArray:
    draws = generator.bit_generator.random_raw(-(-rows * size // 4))
    return table.take(draws.view(np.uint16)[: rows * size]).reshape(rows, size)


def _poisson_table(mean: float) -> CountArray:
    """The Poisson count that each of 65,536 equally likely values stands for: probabilities to 2^-17."""
    bounds = np.rint(_LEVELS * pdtr(np.arange(20), mean)).astype(np.int64)
    return np.repeat(np.arange(20, dtype=np.uint8), np.diff(bounds, prepend=0))
