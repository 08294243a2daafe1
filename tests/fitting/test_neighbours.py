"""Exact neighbours, against all pairs in float64."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.extraction.outputs import Outputs
from bench.fitting import blocks, neighbours, screen, threads
from bench.fitting.bank import Bank, Queries, direction_bank
from bench.fitting.data import FitData
from bench.fitting.neighbours import Nearest, nearest, search

Floats = NDArray[np.float32]


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiles, groups and blocks so small that a few hundred images fill several of them; two threads."""
    monkeypatch.setattr(screen, "TILE", 64)
    monkeypatch.setattr(screen, "FINE", 2)
    monkeypatch.setattr(screen, "COARSE", 8)
    monkeypatch.setattr(neighbours, "SPARE", 4)
    monkeypatch.setattr(blocks, "BLOCK_ELEMENTS", 2000)
    monkeypatch.setattr(threads, "blas_threads", lambda: 2)


def all_pairs(bank: Floats, features: Floats, weights: Any = None) -> Any:
    """1 - d^2 / 2 of all pairs of directions, or weighted cosines, descending for each image; no matrix product."""

    def unit(rows: Floats) -> Any:
        wide = rows.astype(np.float64)
        lengths = np.sqrt(np.square(wide).sum(1, keepdims=True))
        return np.divide(wide, lengths, out=np.zeros_like(wide), where=lengths != 0)

    there, found = unit(bank), []
    for row in unit(features):
        square = np.square(there - row).sum(1)
        cosine = (row * there).sum(1)
        own = 1 - (square - np.square(row).sum() + 1) / 2 if weights is None else weights * cosine
        found.append(np.sort(own)[::-1])
    return np.array(found)


def agrees(found: Nearest, expected: Any, ks: Any) -> None:
    for k in ks:
        assert found.kth(k) == pytest.approx(expected[:, k - 1], rel=1e-13, abs=1e-13)
        assert found.mean(k) == pytest.approx(expected[:, :k].mean(1), rel=1e-13, abs=1e-13)


def made(count: int, width: int, seed: int, *, positive: bool = False) -> Floats:
    rows = np.random.default_rng(seed).normal(0, 1, (count, width))
    return (np.abs(rows) if positive else rows).astype(np.float32)


@pytest.mark.parametrize("width", [1, 3, 64])
@pytest.mark.parametrize("size", [1, 5, 63, 64, 65, 700])
@pytest.mark.parametrize("most", [1, 9, 700])
def test_neighbours_are_exact(width: int, size: int, most: int) -> None:
    bank, features = made(size, width, 0), made(37, width, 1)
    most = min(most, size)
    agrees(search(Bank.of(bank), features, most), all_pairs(bank, features), {1, (most + 1) // 2, most})


def test_with_weights_of_all_sizes_and_signs() -> None:
    bank, features = made(500, 8, 0), made(30, 8, 1)
    weights = np.random.default_rng(2).normal(0, 1, 500) * 10.0 ** np.random.default_rng(3).integers(-3, 4, 500)
    agrees(search(Bank.of(bank, weights), features, 20), all_pairs(bank, features, weights), (1, 7, 20))


def near_ties(size: int, width: int) -> tuple[Floats, Floats]:
    """A bank within float32's resolution of one direction, so that products cannot order it; and images nearby."""
    stream = np.random.default_rng(0)
    centre = np.abs(stream.normal(0, 1, width))
    steps = stream.normal(0, 1, (size, width)) * 10.0 ** stream.integers(-7, -3, (size, 1))
    bank = (centre * (1 + steps)).astype(np.float32) * (1 + stream.random((size, 1))).astype(np.float32)
    images = (centre * (1 + stream.normal(0, 1, (25, width)) * 10.0 ** stream.integers(-6, 0, (25, 1)))).astype(
        np.float32
    )
    return bank, images


@pytest.mark.parametrize("width", [4, 64, 300])
def test_near_ties_are_told_apart(width: int) -> None:
    bank, images = near_ties(600, width)
    found = search(Bank.of(bank), images, 30)
    assert sum(len(rows) for rows, _ in found._dropped(30)) > 0, "some rows have more candidates than are kept"
    agrees(found, all_pairs(bank, images), (1, 2, 15, 30))


def test_products_alone_would_have_been_wrong() -> None:
    """The test before tests something: the k-th product in float32 is not the k-th likeness."""
    bank, images = near_ties(600, 64)
    found = search(Bank.of(bank), images, 30)
    expected = all_pairs(bank, images)[:, 14]
    assert np.abs(found.values[:, 14] - expected).max() > 1e-8


@pytest.mark.parametrize("copies", [2, 40, 300])
def test_equal_images_and_images_of_zeros(copies: int) -> None:
    bank = np.concatenate([made(9, 6, 0), np.repeat(made(2, 6, 1), copies, 0), np.zeros((copies, 6), np.float32)])
    features = np.concatenate([bank[:1], bank[9:10], -bank[9:10], np.zeros((1, 6), np.float32), made(3, 6, 2)])
    agrees(search(Bank.of(bank), features, 10), all_pairs(bank, features), (1, 2, 3, 9, 10))


def test_float32_products_stay_within_the_bound() -> None:
    for width in (3, 64, 1000):
        rows, features = made(300, width, 0, positive=True), made(40, width, 1, positive=True)
        weights = np.random.default_rng(0).uniform(0, 50, 300)
        for bank in (Bank.of(rows), Bank.of(rows, weights)):
            queries = Queries.of(features)
            out = np.empty((300, 40), np.float32)
            bank.screen(queries.directions(slice(0, 40)), slice(0, 300), out)
            exact = bank.likenesses(queries, np.arange(40))
            assert np.abs(out.T - exact).max() < bank.error / 4
            assert bank.error < 1e-3 * max(1.0, weights.max() if bank.factors.max() > 1 else 1.0)


def test_what_is_no_number_spoils_its_own_row_only() -> None:
    bank, features = made(200, 5, 0), made(20, 5, 1)
    features[7, 2] = np.nan
    found, rest = search(Bank.of(bank), features, 12), np.arange(20) != 7
    expected = all_pairs(bank, features)
    for k in (1, 12):
        assert np.isnan(found.kth(k)).tolist() == np.isnan(found.mean(k)).tolist() == (~rest).tolist()
        assert found.kth(k)[rest] == pytest.approx(expected[rest, k - 1], rel=1e-13)


def test_no_image_at_all() -> None:
    found = search(Bank.of(made(50, 5, 0)), made(0, 5, 1), 3)
    assert found.kth(2).shape == found.mean(2).shape == (0,)


def test_an_images_neighbours_do_not_depend_on_its_company() -> None:
    bank, features = Bank.of(made(700, 16, 0)), made(300, 16, 1)
    whole = search(bank, features, 10)
    parts = [search(bank, features[start : start + 7], 10) for start in range(0, 300, 7)]
    assert np.concatenate([part.kth(10) for part in parts]) == pytest.approx(whole.kth(10), rel=1e-14)
    order = np.random.default_rng(0).permutation(300)
    assert search(bank, features[order], 10).mean(10) == pytest.approx(whole.mean(10)[order], rel=1e-14)


def test_the_search_is_shared_by_bank_and_number() -> None:
    features = made(60, 4, 1)
    outputs = Outputs(features, features)
    bank, other = Bank.of(made(50, 4, 0)), Bank.of(made(50, 4, 2))
    first = nearest(bank, outputs, 5, 9)
    assert nearest(bank, outputs, 5, 9) is nearest(bank, outputs, 3, 9) is first
    assert first.most == 5
    wide = nearest(bank, outputs, 6, 9)
    assert nearest(bank, outputs, 9, 9) is wide
    assert wide.most == 9
    assert nearest(bank, outputs, 5, 9) is first
    assert not np.array_equal(nearest(other, outputs, 5, 9).kth(1), first.kth(1))


def test_mapped_arrays_are_only_read(tmp_path: Any) -> None:
    bank, features = made(300, 8, 0), made(20, 8, 1)
    for name, array in (("bank", bank), ("features", features)):
        np.save(tmp_path / f"{name}.npy", array)
    mapped = [np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in ("bank", "features")]
    expected = search(Bank.of(bank), features, 9).kth(9)
    assert np.array_equal(search(Bank.of(mapped[0]), mapped[1], 9).kth(9), expected)


def test_the_bank_of_directions_is_made_once() -> None:
    data = FitData(None, Outputs(made(9, 3, 0), made(9, 3, 0), None, np.zeros(9, np.int64)))
    assert direction_bank(data) is direction_bank(data)
    again = FitData(None, replace(data.train))
    assert direction_bank(again) is not direction_bank(data)
