"""Letters in the fonts that matplotlib ships, made into images as the handwritten digits were."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, ClassVar

from bench.citation import Citation
from bench.data.dataset import DataSet, Place, dataset

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image, ImageFont

    from bench.data.images import Images

LETTERS = "ACEFHKNPRUVXdnr"
"""Left out because, drawn by hand on 8x8 pixels, they pass for a digit: O o D Q a e (0), I i J j l L (1), Z z (2),
S s (5), G b h (6), T t Y f (7, which many cross), B (8), g q (9), y (4). Left out because at full height they repeat
a capital: c k p u v x. Left out because their three stems do not fit into eight columns: M m W w."""

FONTS = (
    "DejaVuSans",
    "DejaVuSans-Bold",
    "DejaVuSans-Oblique",
    "DejaVuSansMono",
    "DejaVuSansMono-Oblique",
    "cmss10",
)
"""Those without serifs: at 8x8 pixels serifs close a U to a 0, an E to an 8, and give an r the foot of a 1."""

_PER_FONT_AND_LETTER = 16
_BITMAP, _CELLS, _FINE = 32, 8, 2
_RAGGED = 0.5
_DRAWS = 5 + _BITMAP**2


@dataset("glyphs-matched")
class GlyphsMatched(DataSet):
    """1,440 letters that resemble no digit, in six fonts: near to `digits` in everything but what they show.

    Made as the digits were: a 32x32 bitmap (full height, centred, with seeded slant, width, stroke and place),
    reduced to 8x8 counts of ink in 4x4 blocks, 17 levels, scaled to uint8. The share of ink is drawn from the digits'
    own range, so that neither darkness nor sharpness tells the two sets apart.
    """

    title = "Letters matched to handwritten digits"
    citation = Citation(
        "Matplotlib: A 2D Graphics Environment",
        "Hunter",
        2007,
        "Computing in Science & Engineering 9(3)",
        "https://doi.org/10.1109/MCSE.2007.55",
        "the fonts: DejaVu and Computer Modern",
    )
    licence = "free fonts (Bitstream Vera's terms; Computer Modern: public domain)"
    obtained = "embedded"
    counts: ClassVar = {"test": len(LETTERS) * len(FONTS) * _PER_FONT_AND_LETTER}
    classes = tuple(LETTERS)
    image_size = (8, 8)

    def load(self, split: str, place: Place) -> Images:
        """uint8 `(N, 8, 8)`, labelled by letter."""
        self.require_split(split)
        return _glyphs()


@cache
def _glyphs() -> Images:
    from pathlib import Path

    import numpy as np
    from matplotlib import get_data_path
    from PIL import ImageFont

    from bench.data.images import ArrayImages

    folder = Path(get_data_path()) / "fonts" / "ttf"
    # Raw words of a bit generator never change between numpy versions; other draws may.
    words = np.random.PCG64(0)
    images, labels = [], []
    for name in FONTS:
        font = ImageFont.truetype(folder / f"{name}.ttf", 2 * _BITMAP, layout_engine=ImageFont.Layout.BASIC)
        for label, letter in enumerate(LETTERS):
            for _ in range(_PER_FONT_AND_LETTER):
                draws = words.random_raw(_DRAWS) / 2.0**64
                images.append(_count_ink(_bitmap(font, letter, draws[:5], draws[5:])))
                labels.append(label)
    order = words.random_raw(len(images)).argsort(kind="stable")
    return ArrayImages(np.stack(images)[order], np.array(labels)[order], classes=GlyphsMatched.classes)


def _bitmap(
    font: ImageFont.FreeTypeFont, letter: str, draws: NDArray[np.float64], noise: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """One letter as 32x32 bits; five `draws` in [0, 1) vary rotation, slant, width, place and ink, `noise` the edge."""
    import numpy as np
    from PIL import Image
    from scipy.ndimage import distance_transform_edt, gaussian_filter

    rotation, slant, stretch, place, ink = draws
    letter_image = _cut_out(font, letter, 0.28 * rotation - 0.14, 0.4 * slant - 0.2)
    side = _BITMAP * _FINE
    width = side * letter_image.width / letter_image.height * (0.8 + 0.3 * stretch)
    width = round(min(max(width, 0.45 * side), 0.66 * side))
    left = round((side - width) / 2 + side * (0.08 * place - 0.04))
    outline = np.zeros((side, side), dtype=bool)
    outline[:, left : left + width] = np.asarray(letter_image.resize((width, side), Image.Resampling.BILINEAR)) > 127
    # Strokes grow or shrink evenly, but for a ragged edge as a pen leaves, until the share of ink is as drawn.
    distance = distance_transform_edt(~outline) - distance_transform_edt(outline)
    distance = distance.reshape(_BITMAP, _FINE, _BITMAP, _FINE).mean((1, 3)) / _FINE
    ragged = gaussian_filter(noise.reshape(_BITMAP, _BITMAP) - 0.5, sigma=1.0)
    distance += _RAGGED * ragged / ragged.std()
    bits: NDArray[np.bool_] = distance <= np.quantile(distance, 0.247 + 0.118 * ink)
    return bits


def _cut_out(font: ImageFont.FreeTypeFont, letter: str, rotation: float, slant: float) -> Image.Image:
    """The letter in grey, turned by `rotation` radians and slanted, cut to its box."""
    from math import cos, sin

    from PIL import Image, ImageDraw

    middle = font.size
    canvas = Image.new("L", (int(2 * middle), int(2 * middle)))
    ImageDraw.Draw(canvas).text((middle, middle), letter, 255, font, "mm")
    a, b = cos(rotation), sin(rotation) + slant * cos(rotation)
    c, d = -sin(rotation), cos(rotation) - slant * sin(rotation)
    about_the_middle = (a, b, middle * (1 - a - b), c, d, middle * (1 - c - d))
    canvas = canvas.transform(canvas.size, Image.Transform.AFFINE, about_the_middle, Image.Resampling.BILINEAR)
    return canvas.crop(canvas.getbbox())


def _count_ink(bits: NDArray[np.bool_]) -> NDArray[np.uint8]:
    import numpy as np

    block = _BITMAP // _CELLS
    counts = bits.reshape(_CELLS, block, _CELLS, block).sum((1, 3))
    scaled: NDArray[np.uint8] = ((counts * 255 + 8) // 16).astype(np.uint8)
    return scaled
