"""The photographs of frost that the published sets were made with, as the package imagecorruptions brings them."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np

from bench.errors import BenchError

from .corruption import Bytes

PACKAGE = "imagecorruptions"
CHECKSUMS = {
    "frost1.png": "ff9f907860bd7a835d459e32f9d588062b7f61ee267343cc7222b56753a14755",
    "frost2.png": "fe211a89b336999c207a852ce05818d4545d0b57c5beadd824b4cc9d9a9b6137",
    "frost3.png": "2d0d50b4a9bb213f38b024ef7768731bb83cc08d2f26b5766bbc167cdfa0e504",
    "frost4.jpg": "3f8b91ca1a9fa7167b09e773da53f5ae60d0a1fd88f02a783f6e328a72887f6e",
    "frost5.jpg": "5fc6a19df4a429ba68abdcc8f8a4278d4c9f81c9ccafd2c92ab0c8cf8992ebd2",
}
"""SHA-256 of each texture. There is a sixth photograph, which the released code never draws."""


@cache
def frost_texture(index: int, step: int) -> Bytes:
    """Photograph `index` of 0 to 4, RGB `(H, W, 3)`; of a `step` of 5 every fifth pixel, which scales it by 0.2.

    Raises `BenchError` where the package is not installed, or its photographs are others.
    """
    from PIL import Image

    name = list(CHECKSUMS)[index]
    path = _folder() / name
    if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != CHECKSUMS[name]:
        raise BenchError(
            f"The corruption frost needs {name} as imagecorruptions 1.1.2 brings it, and {path} is missing or another. "
            "Install that version with: pip install 'oodbench[corruptions]'"
        )
    with Image.open(path) as photograph:
        pixels = np.asarray(photograph.convert("RGB"))
    return np.ascontiguousarray(pixels[step // 2 :: step, step // 2 :: step])


def _folder() -> Path:
    # The package is only looked for and not imported: with numpy 2 its import fails.
    try:
        return Path(str(distribution(PACKAGE).locate_file(f"{PACKAGE}/frost")))
    except PackageNotFoundError as error:
        raise BenchError(
            "The corruption frost lays photographs of frost over images, which the package imagecorruptions brings, "
            "and it is not installed. Install it with: pip install 'oodbench[corruptions]'"
        ) from error
