"""Plain facts of the images as they are stored: sizes, modes, constant images."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_LISTED = 5


@dataclass
class Facts:
    """Counted over images as they are added; `sizes` are `HEIGHTxWIDTH`, `modes` such as `RGB uint8`."""

    images: int = 0
    sizes: Counter[str] = field(default_factory=Counter)
    modes: Counter[str] = field(default_factory=Counter)
    constant: list[int] = field(default_factory=list)

    def add(self, images: Iterable[NDArray[Any]]) -> None:
        """Count some more images `(H, W[, C])`."""
        for image in images:
            self.sizes[f"{image.shape[0]}x{image.shape[1]}"] += 1
            self.modes[f"{_mode(image)} {image.dtype}"] += 1
            if image.min() == image.max():
                self.constant.append(self.images)
            self.images += 1

    def to_dict(self) -> dict[str, Any]:
        """As plain data; of many sizes the five most frequent are told."""
        return {
            "images": self.images,
            "sizes": dict(self.sizes.most_common(MOST_LISTED)),
            "different_sizes": len(self.sizes),
            "modes": dict(self.modes.most_common()),
            "constant_images": len(self.constant),
        }


def _mode(image: NDArray[Any]) -> str:
    channels = 1 if image.ndim == 2 else image.shape[2]
    if channels < 3:
        return "grey"
    same = np.array_equal(image[..., 0], image[..., 1]) and np.array_equal(image[..., 0], image[..., 2])
    return "grey as RGB" if same else "RGB" if channels == 3 else "RGBA"
