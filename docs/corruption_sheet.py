"""Draws docs/images/corruptions.png: every corruption in every severity; run `python docs/corruption_sheet.py`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.corruptions.corruption import SEVERITIES, Constants, corrupt
from bench.seeds import derived_seed

FIGURE = Path(__file__).resolve().parent / "images" / "corruptions.png"

FAMILIES = {
    "noise": ("gaussian_noise", "shot_noise", "impulse_noise"),
    "blur": ("defocus_blur", "glass_blur", "motion_blur", "zoom_blur"),
    "weather": ("snow", "frost", "fog", "brightness"),
    "digital": ("contrast", "elastic_transform", "pixelate", "jpeg_compression"),
}
"""In the order of the paper."""

SHOWN = 64
HALVES: tuple[tuple[int, Constants, str], ...] = (
    (32, "CIFAR-10-C", "32 x 32 pixels, constants of CIFAR-10-C"),
    (224, "ImageNet-C", "middle of 224 x 224 pixels, constants of ImageNet-C"),
)
"""Size of the image, its constants, and the heading of each half. A small image is drawn in `SHOWN` pixels a side."""

STEP, LEFT, HALF, TOP, DPI = SHOWN + 5, 110, 360, 46, 100
"""In pixels: from picture to picture, before the first, from half to half, and above; pixels per inch."""


def main() -> None:
    """Draw the figure, pixel by pixel."""
    kinds = [kind for family in FAMILIES.values() for kind in family]
    width, height = LEFT + HALF + 5 * STEP, TOP + len(kinds) * STEP
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)

    def say(x: float, y: float, words: str, **looks: Any) -> None:
        figure.text(x / width, 1 - y / height, words, fontsize=8, va="center", **looks)

    for row, kind in enumerate(kinds):
        say(LEFT - 10, TOP + row * STEP + SHOWN / 2, kind.replace("_", "\n"), ha="right")
    for half, (size, constants, heading) in enumerate(HALVES):
        left = LEFT + half * HALF
        say(left + 5 * STEP / 2, 14, heading, ha="center")
        for column, severity in enumerate(SEVERITIES):
            say(left + column * STEP + SHOWN / 2, 34, str(severity), ha="center")
            for row, kind in enumerate(kinds):
                drawn = picture(kind, severity, size, constants)
                figure.figimage(drawn, left + column * STEP, height - TOP - row * STEP - SHOWN, origin="upper")
    figure.savefig(FIGURE, dpi=DPI, pil_kwargs={"optimize": True})


def picture(kind: str, severity: int, size: int, constants: Constants) -> NDArray[np.uint8]:
    """A corrupted photograph of `size` pixels a side, as it is shown."""
    stream = np.random.Generator(np.random.PCG64(derived_seed(0, "sheet", kind, severity)))
    found = corrupt(photograph(size), kind, severity, constants, stream)
    if size < SHOWN:
        return found.repeat(SHOWN // size, axis=0).repeat(SHOWN // size, axis=1)
    edge = (size - SHOWN) // 2
    return found[edge : edge + SHOWN, edge : edge + SHOWN]


def photograph(size: int) -> NDArray[np.uint8]:
    """The middle of scikit-learn's photograph of a flower, scaled to `size` pixels a side."""
    from sklearn.datasets import load_sample_image

    whole: Any = load_sample_image("flower.jpg")
    middle = Image.fromarray(whole[:, 150:577])
    return np.asarray(middle.resize((size, size), Image.Resampling.LANCZOS))


if __name__ == "__main__":
    main()
