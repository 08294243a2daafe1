"""Malformed image files: every format, every mode, cut, flipped, enormous, and of formats that no one asked for."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bench.data.decode import BrokenImageError, decode, why_broken
from bench.data.files import open_folder
from bench.errors import BenchError
from tests.fuzz.hostile import mutated_bytes
from tests.fuzz.survive import budget, nothing_outside, survives

MODES = {
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"), "JPEG": ("L", "RGB", "CMYK"), "GIF": ("L", "P"),
    "BMP": ("1", "L", "P", "RGB"), "TIFF": ("1", "L", "RGB", "CMYK", "F", "I", "LAB", "YCbCr"), "WEBP": ("RGB", "RGBA"),
    "PPM": ("1", "L", "RGB"),
}  # fmt: skip


def encoded(form: str, mode: str) -> bytes:
    values = np.arange(12 * 10 * 3, dtype=np.uint8).reshape(12, 10, 3)
    image = Image.fromarray(values)
    special: dict[str, np.ndarray] = {
        "I;16": values[..., 0].astype(np.uint16),
        "F": values[..., 0].astype(np.float32) / 255,
    }
    image = Image.fromarray(special[mode]) if mode in special else image.convert(mode)
    file = io.BytesIO()
    image.save(file, form)
    return file.getvalue()


VALID = {f"{form} {mode}": encoded(form, mode) for form, modes in MODES.items() for mode in modes}


def png(width: int, height: int, *chunks: tuple[bytes, bytes], mode: int = 2) -> bytes:
    """A PNG with these sizes in its header and these chunks behind it, whatever they hold."""
    head = struct.pack(">IIBBBBB", width, height, 8, mode, 0, 0, 0)
    parts = [(b"IHDR", head), *chunks, (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in parts
    )


ZEROS = zlib.compress(bytes(50_000_000), 9)
ODD = {
    "a bomb by its header": png(200_000, 200_000, (b"IDAT", zlib.compress(bytes(1000)))),
    "a bomb by its text": png(2, 2, (b"zTXt", b"x\0\0" + ZEROS), (b"IDAT", zlib.compress(bytes(14)))),
    "a bomb by its profile": png(2, 2, (b"iCCP", b"x\0\0" + ZEROS), (b"IDAT", zlib.compress(bytes(14)))),
    "no pixels": png(0, 0),
    "no width": png(0, 10, (b"IDAT", zlib.compress(b""))),
    "one pixel wide and 2**31 high": png(1, 2**31 - 1),
    "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n(touched) (w) file closefile\n",
    "PDF": b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n",
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "a Windows metafile": b"\xd7\xcd\xc6\x9a" + bytes(100),
    "XBM": b"#define im_width 9\n#define im_height 9\nstatic char im_bits[] = {0x00};\n",
    "PPM with huge sizes": b"P6\n99999999 99999999\n255\n",
    "PPM with a negative size": b"P6\n-1 -1\n255\n",
    "PPM with many digits": b"P6\n" + b"9" * 5000 + b" 1\n255\n",
    "BMP with huge sizes": b"BM"
    + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, 2**30, 2**30, 1, 24, 0, 0, 0, 0, 0, 0),
    "empty": b"",
    "HTML": b"<!doctype html><title>404</title>",
    "a pickle": b"\x80\x04cos\nsystem\n(S'touch outside'\ntR.",
}


@pytest.mark.parametrize("name", sorted(VALID))
def test_what_is_changed_here_can_be_read(name: str) -> None:
    decode(io.BytesIO(VALID[name]), name)
    assert why_broken(io.BytesIO(VALID[name])) == ""


@budget(250)
@given(content=st.sampled_from(sorted(VALID)).flatmap(lambda name: mutated_bytes(VALID[name])))
def test_changed_images(tmp_path: Path, content: bytes) -> None:
    with nothing_outside(tmp_path):
        found = survives(lambda: decode(io.BytesIO(content), "it"))
        survives(lambda: why_broken(io.BytesIO(content)))
    if isinstance(found, np.ndarray):
        assert found.dtype in (np.uint8, np.uint16, np.float32)
        assert found.ndim == 2 or found.shape[2] == 3
        assert found.size


@pytest.mark.parametrize("name", sorted(ODD))
def test_odd_images_are_broken_ones(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.png").write_bytes(ODD[name])
    images = open_folder(tmp_path)
    with nothing_outside(tmp_path):
        found = survives(lambda: images.read(np.array([0])))
    assert isinstance(found, BrokenImageError), found
    assert "a.png" in str(found)
    assert images.broken(thorough=True)


def test_names_that_are_no_utf_8(tmp_path: Path) -> None:
    for name in (b"\xff\xfe.png", b"a\nb.png", "\u202e.png".encode(), b"\x1b[31m.png"):
        (tmp_path / name.decode("utf-8", "surrogateescape")).write_bytes(VALID["PNG RGB"])
    images = open_folder(tmp_path)
    assert len(images.read(np.arange(4))) == 4
    assert len(images.identity) == 64
    assert isinstance(survives(lambda: images.identity), str | BenchError)
