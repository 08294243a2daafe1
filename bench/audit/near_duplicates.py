"""Near-duplicates: pictures that two sets share although their pixels differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .hashes import BITS, MIDDLE, OFFSETS, Grey, signs, window

RADIUS = 10
"""How many of 64 bits a candidate's hash may differ in."""

ALIKE = 0.7
"""The correlation of details from which on a candidate is a duplicate; measured in `benchmarks/audit_duplicates.py`."""

BRIGHTNESS = 12.0
"""How far the mean grey levels of two windows, in 0..255, may be apart; it spares most comparisons."""

BLOCK = 256
TRIED = 500
"""How many images are looked up among the rest of their own set, to find out whether they are too alike."""

TOO_ALIKE = 0.05

PER_IMAGE = 3
"""How many candidates of each window are looked at, the nearest first."""

Places = NDArray[np.intp]


@dataclass(frozen=True)
class Near:
    """The image at `place` shows the picture at `other` in the known set; `similarity` is at most 1.

    `shift` is how many pixels of 32 down and right it was moved, `mirrored` whether left and right were changed.
    """

    place: int
    other: int
    similarity: float
    mirrored: bool
    shift: tuple[int, int]


class KnownImages:
    """Grey images `(N, 32, 32)` that others are looked up among."""

    def __init__(self, grey: Grey) -> None:
        windows = window(grey, MIDDLE)
        means = windows.mean((1, 2))
        self.order = np.argsort(means, kind="stable")
        self.windows = windows[self.order]
        self.means, self.signs = means[self.order], signs(self.windows)

    def near_duplicates(self, grey: Grey) -> list[Near]:
        """For each of `grey` `(M, 32, 32)` that shows one of the known pictures, the most similar one."""
        best: dict[int, Near] = {}
        for mirrored in (False, True):
            for offset in OFFSETS:
                shift = (offset[0] - MIDDLE[0], offset[1] - MIDDLE[1])
                for place, other, similarity in self._found(window(grey, offset, mirrored=mirrored)):
                    if place not in best or similarity > best[place].similarity:
                        best[place] = Near(place, int(self.order[other]), similarity, mirrored, shift)
        return [best[place] for place in sorted(best)]

    def _found(self, windows: Grey) -> Iterator[tuple[int, int, float]]:
        """Places of windows and of known images whose details correlate, with the correlation."""
        rows, columns = self._candidates(windows)
        for start in range(0, len(rows), BLOCK):
            some, others = rows[start : start + BLOCK], columns[start : start + BLOCK]
            similarity = np.einsum("nd,nd->n", details(windows[some]), details(self.windows[others]))
            for kept in np.flatnonzero(similarity >= ALIKE):
                yield int(some[kept]), int(others[kept]), float(similarity[kept])

    def _candidates(self, windows: Grey) -> tuple[Places, Places]:
        """Pairs of places whose hashes differ in few bits."""
        means, hashes = windows.mean((1, 2)), signs(windows)
        order = np.argsort(means, kind="stable")
        rows, columns = [], []
        for start in range(0, len(order), BLOCK):
            some = order[start : start + BLOCK]
            low = np.searchsorted(self.means, means[some[0]] - BRIGHTNESS)
            high = np.searchsorted(self.means, means[some[-1]] + BRIGHTNESS)
            if low == high:
                continue
            agreement = hashes[some] @ self.signs[low:high].T
            for row, column in _nearest(agreement):
                rows.append(some[row])
                columns.append(low + column)
        none = [np.empty(0, np.intp)]
        return np.concatenate(rows or none), np.concatenate(columns or none)


def _nearest(agreement: NDArray[np.float32]) -> Iterator[tuple[Places, Places]]:
    """The rows and columns of the best agreements within the radius, a few for each row."""
    hit = np.flatnonzero(agreement.max(1) >= BITS - 2 * RADIUS)
    left = agreement[hit]
    for _ in range(PER_IMAGE):
        if len(hit) == 0:
            return
        best = left.argmax(1)
        within = left[np.arange(len(hit)), best] >= BITS - 2 * RADIUS
        hit, left, best = hit[within], left[within], best[within]
        yield hit, best
        left[np.arange(len(hit)), best] = -BITS


def too_alike(grey: Grey) -> bool:
    """Whether a set's images resemble each other so much that near-duplicates cannot be told, as with tiny digits.

    It is so where more than one in twenty of 500 images has a double among the others.
    """
    tried = np.unique(np.linspace(0, len(grey) - 1, TRIED).astype(np.intp))
    tried = tried[::2] if len(tried) > len(grey) // 2 else tried
    others = np.delete(grey, tried, axis=0)
    return bool(len(others)) and len(KnownImages(others).near_duplicates(grey[tried])) > TOO_ALIKE * len(tried)


def details(windows: Grey) -> NDArray[np.float32]:
    """The steps between neighbouring pixels as unit vectors `(N, D)`, whose products are correlations.

    Steps tell pictures apart that are alike only in being smooth, such as two skies. A window without any step is all
    zeros, which is like nothing.
    """
    values = windows.astype(np.float32)
    across, down = np.diff(values, axis=2), np.diff(values, axis=1)
    steps = np.concatenate([across.reshape(len(values), -1), down.reshape(len(values), -1)], axis=1)
    steps -= steps.mean(1, keepdims=True)
    unit: NDArray[np.float32] = steps / np.maximum(np.linalg.norm(steps, axis=1, keepdims=True), 1e-6)
    return unit
