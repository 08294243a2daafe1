"""Perceptual hashes of windows: what finds candidates for duplicates, also mirrored and shifted ones.

A difference hash (ImageHash's `dhash`) survives compression but no shift. So images of 32x32 grey pixels are hashed
through a window of 28x28: the known ones through the middle one, those that are looked up through nine, two pixels
apart, and through these in the mirror. A copy shifted by two pixels shows the same in one of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.optional import optional_module

SIDE, WINDOW = 32, 28
MIDDLE = (2, 2)
OFFSETS = tuple((top, left) for top in (0, 2, 4) for left in (0, 2, 4))
BITS = 64

Grey = NDArray[np.uint8]


def window(grey: Grey, offset: tuple[int, int], *, mirrored: bool = False) -> Grey:
    """The windows `(N, 28, 28)` of grey images `(N, 32, 32)`, mirrored before they are cut out where asked."""
    seen = grey[:, :, ::-1] if mirrored else grey
    top, left = offset
    return seen[:, top : top + WINDOW, left : left + WINDOW]


def signs(windows: Grey) -> NDArray[np.float32]:
    """The hash of each window as 64 numbers of -1 or 1, whose products tell how many bits agree `(N, 64)`."""
    from PIL import Image

    library: Any = optional_module("imagehash", extra="audit", purpose="to find near-duplicates")
    found = np.empty((len(windows), BITS), np.float32)
    for place, image in enumerate(windows):
        found[place] = library.dhash(Image.fromarray(image)).hash.ravel()
    return 2 * found - 1
