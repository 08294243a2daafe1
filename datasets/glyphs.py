"""Letters in the fonts that matplotlib ships, at the digits' resolution."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, ClassVar

from bench.citation import Citation
from bench.data.dataset import DataSet, Place, dataset

if TYPE_CHECKING:
    from bench.data.images import Images

LETTERS = "ACEFHKMNPRUVWXcdkmnpruvwx"
"""Without those that pass for a digit on 8x8 pixels: O o D Q a e (0), I i J j l L (1), Z z (2), S s (5), G b h (6),
T t Y f (7), B (8), g q (9), y (4)."""

FONTS = (
    "DejaVuSans",
    "DejaVuSans-Bold",
    "DejaVuSans-Oblique",
    "DejaVuSansMono",
    "DejaVuSansMono-Bold",
    "DejaVuSerif",
    "DejaVuSerif-Bold",
    "DejaVuSerif-Italic",
    "STIXGeneral",
    "STIXGeneralBol",
    "STIXGeneralItalic",
    "cmr10",
    "cmss10",
    "cmtt10",
)
SIZES = (17, 20, 23, 26)
_SIDE, _CELLS = 32, 8


@dataset("glyphs")
class Glyphs(DataSet):
    """1,400 printed letters that resemble no digit: 25 letters, 14 fonts, 4 sizes.

    Drawn on 32x32 pixels and averaged over 4x4 blocks, so that they have the digits' 8x8 pixels and are no sharper,
    and put in a fixed random order, so that the first of them are like the rest.
    Print differs from handwriting in stroke, height and regularity: `glyphs-matched` takes these differences away.
    """

    title = "Printed letters"
    citation = Citation(
        "Matplotlib: A 2D Graphics Environment",
        "Hunter",
        2007,
        "Computing in Science & Engineering 9(3)",
        "https://doi.org/10.1109/MCSE.2007.55",
        "the fonts: DejaVu, STIX and Computer Modern",
    )
    licence = "free fonts (Bitstream Vera's terms; STIX: OFL; Computer Modern: public domain)"
    obtained = "embedded"
    counts: ClassVar = {"test": len(LETTERS) * len(FONTS) * len(SIZES)}
    classes = tuple(LETTERS)
    image_size = (_CELLS, _CELLS)

    def load(self, split: str, place: Place) -> Images:
        """uint8 `(N, 8, 8)`, labelled by letter."""
        self.require_split(split)
        return _glyphs()


@cache
def _glyphs() -> Images:
    from pathlib import Path

    import numpy as np
    from matplotlib import get_data_path
    from PIL import Image, ImageDraw, ImageFont

    from bench.data.images import ArrayImages

    folder = Path(get_data_path()) / "fonts" / "ttf"
    images, labels = [], []
    for name in FONTS:
        for size in SIZES:
            font = ImageFont.truetype(folder / f"{name}.ttf", size, layout_engine=ImageFont.Layout.BASIC)
            for label, letter in enumerate(LETTERS):
                canvas = Image.new("L", (_SIDE, _SIDE))
                ImageDraw.Draw(canvas).text((_SIDE // 2, _SIDE // 2), letter, 255, font, "mm")
                images.append(np.asarray(canvas.reduce(_SIDE // _CELLS)))
                labels.append(label)
    # Raw words of a bit generator never change between numpy versions; other draws may.
    order = np.random.PCG64(0).random_raw(len(images)).argsort(kind="stable")
    return ArrayImages(np.stack(images)[order], np.array(labels)[order], classes=Glyphs.classes)
