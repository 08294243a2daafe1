"""Full-spectrum evaluation: ID test images under a covariate shift count as in-distribution, as in OpenOOD v1.5."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from bench.data.images import Images, SubsetImages
from bench.data.lineage import shared
from bench.errors import BenchError

from .protocol import Split, require_disjoint

Shifted = Mapping[str, Images]
"""Covariate-shifted sets by name."""


def shifted_tests(shifted: Shifted, split: Split, protocol: str) -> dict[str, Images]:
    """Of each set the images that are tested beside the ID test images of `split`, in the order of `shifted`.

    Images made from ID images that are tuned on leave the test with them, except under `paper-oracle`, which tests on
    what it tunes on. Raises `BenchError` where none would be left, or an image is tuned on as an outlier.
    """
    found = {}
    for name, images in shifted.items():
        tested = images
        if split.tune_id is not None and protocol != "paper-oracle":
            tuned = shared(images, split.tune_id)
            if tuned.all():
                raise BenchError(f"all {len(images):,} images of '{name}' are made from ID images that are tuned on.")
            tested = SubsetImages(images, np.flatnonzero(~tuned)) if tuned.any() else images
        require_disjoint(replace(split, test_id=tested), protocol)
        found[name] = tested
    return found


def shifted_words(tests: Shifted) -> str:
    """What the note of the ID images says of the sets that are pooled with them; empty where there are none."""
    if not tests:
        return ""
    each = (f"{name} ({len(one):,} images{f'; {one.note}' if one.note else ''})" for name, one in tests.items())
    return f"full spectrum: pooled with {', '.join(each)}"
