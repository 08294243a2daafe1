"""A sheet of the duplicates that were found, for a person to judge."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from bench.atomic import write_atomically
from bench.data.images import Images

from .duplicates import Duplicates
from .look import Look

MOST_SHOWN, COLUMNS = 48, 6
SIDE, GAP, LINE = 96, 8, 26


def sheet_name(among: str, known: str) -> str:
    """The name of the file for duplicates of a set among another's images.

    >>> sheet_name("svhn", "cifar10 test")
    'duplicates-svhn-in-cifar10-test.png'
    """
    return f"duplicates {among} in {known}.png".replace(" ", "-").replace(":", "-")


def write_duplicates_sheet(path: Path, duplicates: Duplicates, known: Look, among: Look) -> None:
    """A PNG of up to 48 duplicates, the least similar first, each beside its double."""
    near = sorted(duplicates.near or (), key=lambda one: one.similarity)
    pairs = [(one.place, one.other, f"{one.similarity:.2f}{' mirrored' if one.mirrored else ''}") for one in near]
    pairs += [(place, other, "exact") for place, other in duplicates.exact]
    cells = [_cell(among.images, known.images, *pair) for pair in pairs[:MOST_SHOWN]]
    sheet = _sheet(cells)
    write_atomically(path, lambda temporary: sheet.save(temporary, "PNG"))


def _cell(among: Images, known: Images, place: int, other: int, words: str) -> Image.Image:
    """Both images side by side, with their names."""
    cell = Image.new("RGB", (2 * SIDE + 2, SIDE + LINE), "white")
    for left, images, at in ((0, among, place), (SIDE + 2, known, other)):
        cell.paste(_picture(images, at), (left, 0))
        ImageDraw.Draw(cell).text((left, SIDE + 1), images.sample_id(at)[-15:], "black")
    ImageDraw.Draw(cell).text((0, SIDE + 13), words, "black")
    return cell


def _picture(images: Images, place: int) -> Image.Image:
    pixels: Any = images.read(np.array([place]))[0]
    if pixels.dtype != np.uint8:
        white = 65535 if pixels.dtype.kind == "u" else 1
        pixels = (pixels / white * 255).round().astype(np.uint8)
    if pixels.ndim == 3 and pixels.shape[2] < 3:
        pixels = pixels[..., 0]
    return Image.fromarray(pixels).convert("RGB").resize((SIDE, SIDE), Image.Resampling.NEAREST)


def _sheet(cells: Sequence[Image.Image]) -> Image.Image:
    width, height = cells[0].width + GAP, cells[0].height + GAP
    columns = min(COLUMNS, len(cells))
    sheet = Image.new("RGB", (columns * width + GAP, -(-len(cells) // columns) * height + GAP), "white")
    for place, cell in enumerate(cells):
        sheet.paste(cell, (GAP + place % columns * width, GAP + place // columns * height))
    return sheet
