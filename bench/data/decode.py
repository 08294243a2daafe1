"""From the bytes of an image file to pixels, and whether they can be decoded at all."""

from __future__ import annotations

import os
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from bench.errors import BenchError

_ENDS = {"JPEG": b"\xff\xd9", "PNG": b"IEND\xaeB`\x82", "GIF": b"\x3b"}
"""What whole files of a format end with; some writers add bytes of their own behind it."""


FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
"""What is decoded, whatever a file is called: Pillow knows others, and starts Ghostscript for one of them."""


class BrokenImageError(BenchError):
    """An image that cannot be decoded; `reason` says why, without the image's name."""

    def __init__(self, name: str, reason: str) -> None:
        self.reason = reason
        super().__init__(f"Cannot read the image {name}: {reason}. Mend or remove it, or leave it out: --skip-broken")


def decode(file: BinaryIO, name: str) -> NDArray[Any]:
    """One image as uint8 or uint16 `(H, W)`, uint8 `(H, W, 3)`, or float32 `(H, W)` in [0, 1]; `name` is for messages.

    Raises `BrokenImageError` when it cannot be decoded, `BenchError` when its values have no known range.
    """
    try:
        with Image.open(file, formats=FORMATS) as image:
            return pixels_of(ImageOps.exif_transpose(image), name)
    except BenchError:
        raise
    except Exception as error:  # damaged bytes make Pillow's decoders raise nearly anything
        raise BrokenImageError(name, _reason(error)) from error


def pixels_of(image: Image.Image, name: str) -> NDArray[Any]:
    """The pixels of an image that Pillow has open, as `decode` gives them; it is not turned."""
    if image.mode.startswith("I"):
        return _integers(np.asarray(image), name)
    if image.mode == "F":
        values = np.asarray(image)
        if not (values.min() >= 0 and values.max() <= 1):
            raise BenchError(f"The image {name} has floating-point values outside [0, 1]. Rescale or convert it.")
        return values
    return np.asarray(image.convert("L" if image.mode in {"1", "L", "LA", "La"} else "RGB"))


def _integers(values: NDArray[Any], name: str) -> NDArray[np.uint16]:
    if values.min() < 0 or values.max() > 65535:
        raise BenchError(f"The image {name} has values outside 0..65535. Convert it to 8 or 16 bits.")
    return values.astype(np.uint16)


def why_broken(file: BinaryIO) -> str:
    """Why an image cannot be decoded, or empty: its beginning is read and its end is looked at.

    An image that does not end as its format has it is decoded to find out. Damage in the middle is not seen.
    """
    try:
        with Image.open(file, formats=FORMATS) as image:
            end = _ENDS.get(image.format or "")
    except Exception as error:  # as in decode
        return _reason(error)
    if end is not None:
        file.seek(-len(end), os.SEEK_END)
        if file.read() == end:
            return ""
    file.seek(0)
    return why_undecodable(file)


def why_undecodable(file: BinaryIO) -> str:
    """Why an image cannot be decoded, or empty: it is tried."""
    try:
        decode(file, "")
    except BrokenImageError as error:
        return error.reason
    except BenchError:  # whole, but of values that no network can be shown: said where it is read
        return ""
    return ""


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "it is in no image format that is known"
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
