"""One pass over a set: everything that an audit wants to know of its images."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.data.fingerprint import Fingerprints, fingerprint
from bench.data.images import Images

from .facts import Facts
from .hashes import SIDE, Grey
from .resampling import Periodicity, periodicity, profile_magnitudes
from .shown import BLOCK
from .spectrum import log_magnitudes, luma, thumbnails
from .statistics import Values, statistics

if TYPE_CHECKING:
    from torch import Tensor

    from bench.data.transform import InputTransform
    from bench.progress import Progress


@dataclass
class Look:
    """What was seen of N images.

    `fingerprints` `(N,)` tell equal pixels; `grey` `(N, 32, 32)` is for finding near-duplicates. Of images that were
    looked at in full there are `statistics`, by name `(N,)`, `features` for the linear probes, by name `(N, D)`, and
    `periodicity`.
    """

    images: Images
    facts: Facts
    fingerprints: Fingerprints
    grey: Grey
    statistics: dict[str, Values] = field(default_factory=dict)
    features: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    periodicity: Periodicity | None = None


def look(images: Images, transform: InputTransform, progress: Progress, *, full: bool = True) -> Look:
    """Read the images once; without `full` only what duplicates are found by is kept."""
    facts, prints = Facts(), np.empty(len(images), np.uint64)
    grey = np.empty((len(images), SIDE, SIDE), np.uint8)
    columns: defaultdict[str, list[Values]] = defaultdict(list)
    features: defaultdict[str, list[NDArray[np.float32]]] = defaultdict(list)
    magnitudes: NDArray[np.float64] | None = None
    for start in range(0, len(images), BLOCK):
        places = np.arange(start, min(start + BLOCK, len(images)))
        pixels = images.read(places)
        facts.add(pixels)
        prints[places] = [fingerprint(image) for image in pixels]
        unit = transform.to_unit(pixels)
        seen = luma(unit)
        grey[places] = _small(seen)
        if full:
            for name, values in statistics(unit, transform).items():
                columns[name].append(values)
            features["8x8 thumbnails"].append(thumbnails(unit).numpy())
            features["Fourier magnitudes"].append(log_magnitudes(seen).numpy())
            found = profile_magnitudes(seen)
            magnitudes = found if magnitudes is None or found is None else magnitudes + found
        progress.update(int(places[-1]) + 1)
    return Look(
        images,
        facts,
        prints,
        grey,
        {name: np.concatenate(parts) for name, parts in columns.items()},
        {name: np.concatenate(parts) for name, parts in features.items()},
        periodicity(magnitudes),
    )


def _small(grey: Tensor) -> Grey:
    """Grey values in [0, 1] of any size, resized to 32x32 and 8 bits."""
    from bench.data.sizing import interpolated

    sized = interpolated(grey[:, None], SIDE, SIDE, "bilinear")[:, 0]
    small: Grey = (sized * 255).round().clamp(0, 255).byte().numpy()
    return small
