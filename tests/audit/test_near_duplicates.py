"""Near-duplicates: planted ones are found, with who they are, and different pictures are left alone."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_sample_images

from bench.audit.hashes import MIDDLE, OFFSETS, signs, window
from bench.audit.near_duplicates import KnownImages, details, too_alike

Grey = NDArray[np.uint8]


@pytest.fixture(scope="module")
def patches() -> Grey:
    """Pieces of two photographs, in 32x32 grey pixels; no two of them overlap."""
    found = []
    for photo in load_sample_images().images:
        small = np.asarray(Image.fromarray(photo).convert("L").resize((480, 320)))
        found += [small[top : top + 32, left : left + 32] for top in range(0, 288, 32) for left in range(0, 448, 32)]
    return np.stack([one for one in found if one.std() > 25])


def shifted(image: Grey, down: int, right: int) -> Grey:
    """Moved, the gap filled with the nearest pixels."""
    padded = np.pad(image, 2, mode="edge")
    return padded[2 - down : 34 - down, 2 - right : 34 - right]


def compressed(image: Grey) -> Grey:
    file = BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=90)
    return np.asarray(Image.open(file))


def test_windows_are_cut_where_they_are_said_to_be(patches: Grey) -> None:
    for top, left in OFFSETS:
        expected = np.stack([one[top : top + 28, left : left + 28] for one in patches[:3]])
        np.testing.assert_array_equal(window(patches[:3], (top, left)), expected)
        mirrored = np.stack([np.fliplr(one)[top : top + 28, left : left + 28] for one in patches[:3]])
        np.testing.assert_array_equal(window(patches[:3], (top, left), mirrored=True), mirrored)


def test_signs_are_the_hash_of_the_library(patches: Grey) -> None:
    imagehash = pytest.importorskip("imagehash")
    windows = window(patches[:4], MIDDLE)
    hashes = [imagehash.dhash(Image.fromarray(one)) for one in windows]
    found = signs(windows)
    for first in range(4):
        for second in range(4):
            differing = (64 - found[first] @ found[second]) / 2
            assert differing == hashes[first] - hashes[second]


def test_details_are_correlations_of_steps(patches: Grey) -> None:
    def steps(image: Grey) -> NDArray[np.float64]:
        values = image.astype(float)
        return np.concatenate([np.diff(values, axis=1).ravel(), np.diff(values, axis=0).ravel()])

    expected = np.corrcoef(steps(patches[0]), steps(patches[1]))[0, 1]
    first, second = details(patches[:2])
    assert first @ second == pytest.approx(expected, abs=1e-5)
    assert not details(np.full((1, 28, 28), 7, np.uint8)).any()


@pytest.mark.parametrize(
    ("down", "right", "mirrored"), [(0, 0, False), (0, 2, False), (2, -2, False), (-2, 0, False), (2, 2, True)]
)
def test_moved_and_mirrored_copies_are_found_with_how(patches: Grey, down: int, right: int, mirrored: bool) -> None:
    known = KnownImages(patches)
    chosen = np.arange(0, len(patches), 7)
    copies = np.stack([shifted(patches[one][:, :: -1 if mirrored else 1], down, right) for one in chosen])
    found = known.near_duplicates(copies)
    assert [one.place for one in found] == list(range(len(chosen)))
    assert [one.other for one in found] == chosen.tolist()
    assert all(one.similarity == pytest.approx(1, abs=1e-5) for one in found)
    # A window that is found two pixels lower says that the picture was moved two pixels down.
    how = {(one.shift, one.mirrored) for one in found}
    assert how == {((down, -right if mirrored else right), mirrored)}


def test_compressed_copies_are_found_and_other_pictures_are_not(patches: Grey) -> None:
    first, second = patches[::2], patches[1::2]
    known = KnownImages(first)
    copies = np.stack([compressed(shifted(one, 2, 2)) for one in first])
    found = known.near_duplicates(copies)
    # Skies lose what little detail they have; of CIFAR-10's images, benchmarks/audit_duplicates.py finds 99 %.
    assert len(found) >= 0.9 * len(copies)
    assert all(one.place == one.other for one in found)
    assert len(known.near_duplicates(second)) <= 0.01 * len(second)


def test_constant_images_are_no_duplicates() -> None:
    constant = np.full((5, 32, 32), 128, np.uint8)
    assert KnownImages(constant).near_duplicates(constant) == []


def test_images_that_are_too_alike_are_noticed(patches: Grey) -> None:
    assert not too_alike(patches)
    assert too_alike(np.concatenate([patches, patches]))
    assert not too_alike(patches[:1])
