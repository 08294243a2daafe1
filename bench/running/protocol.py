"""Protocols: on which images a method's parameters may be chosen, and which images are left to test on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.data.images import Images, SubsetImages
from bench.data.lineage import shared
from bench.errors import BenchError
from bench.held_out import HELD_OUT, held_out_count

from .substitutes import substitute_outliers

PROTOCOLS = {
    "published": "the method's published parameters; nothing is tuned",
    "paper-holdout": "the method's published parameters; the first 1,000 images of each OOD set leave the test",
    "paper-oracle": "tuned on the ID test set and the first 1,000 images of the same OOD set, which leave the test",
    "heldout-ood": "tuned on another OOD set (--tune-on) and on ID images that leave the test",
    "noise": "tuned on synthetic noise, shuffled ID images, and ID images that leave the test",
    "id-only": "tuned on ID images that leave the test; no outlier is seen",
}

TUNED = frozenset({"paper-oracle", "heldout-ood", "noise", "id-only"})
"""The protocols that choose parameters."""


@dataclass(frozen=True)
class Split:
    """The images of one pair: what is tested, what is tuned on, and `tuned_on`, that in words.

    `tune_id` is None when nothing is tuned, `tune_ood` when no outliers are seen. Outside `paper-oracle`, no image is
    in both a test and a tuning set.
    """

    test_id: Images
    test_ood: Images
    tune_id: Images | None = None
    tune_ood: Images | None = None
    tuned_on: str = ""


def validation_count(images: Images) -> int:
    """How many of an ID test set's first images serve for validation: 1,000, or a fifth if that is fewer."""
    return held_out_count(len(images))


def part(images: Images, start: int, stop: int) -> Images:
    """The images from `start` up to `stop`; raises `BenchError` when there are none."""
    if stop <= start:
        raise BenchError(f"Too few images ({len(images)}) to keep some for tuning and some for the test.")
    return SubsetImages(images, np.arange(start, stop))


def split_pair(protocol: str, id_images: Images, ood_images: Images, *, ood: str, tune_images: Images | None) -> Split:
    """The split of one pair under `protocol`; `tune_images` is the other OOD set of `heldout-ood`."""
    if protocol == "published":
        return Split(id_images, ood_images)
    if protocol == "paper-holdout":
        return Split(id_images, _split_ood(ood_images)[1])
    if protocol == "paper-oracle":
        tune_ood, test_ood = _split_ood(ood_images)
        words = f"{len(tune_ood):,} images of {ood} and all {len(id_images):,} ID test images"
        return Split(id_images, test_ood, id_images, tune_ood, words)
    held = validation_count(id_images)
    tune_id, test_id = part(id_images, 0, held), part(id_images, held, len(id_images))
    if protocol == "id-only":
        return Split(test_id, ood_images, tune_id, None, f"{held:,} held-out ID images")
    if protocol == "noise":
        outliers, words = substitute_outliers(tune_id), "noise and shuffled ID images"
    else:
        assert tune_images is not None
        outliers, words = part(tune_images, 0, min(HELD_OUT, len(tune_images))), "images of another OOD set"
    return Split(test_id, ood_images, tune_id, outliers, f"{held:,} held-out ID images and {len(outliers):,} {words}")


def require_disjoint(split: Split, protocol: str) -> None:
    """Raise `BenchError` if a picture is tuned on and tested on, which only `paper-oracle` allows, for ID images."""
    pairs = [("OOD", split.tune_ood, split.test_ood), ("ID", split.tune_ood, split.test_id)]
    if protocol != "paper-oracle":
        pairs += [("ID", split.tune_id, split.test_id), ("OOD", split.tune_id, split.test_ood)]
    for kind, tuned, tested in pairs:
        both = 0 if tuned is None else int(shared(tested, tuned).sum())
        if both:
            raise BenchError(
                f"{both:,} of the {len(tested):,} {kind} test images would be tuned on as well. Tune on other images."
            )


def _split_ood(images: Images) -> tuple[Images, Images]:
    """The images to tune on and those to test on: as the set's authors split it, else at the first 1,000 or half."""
    if images.held_out is not None:
        return images.held_out, images
    held = min(HELD_OUT, len(images) // 2)
    return part(images, 0, held), part(images, held, len(images))
