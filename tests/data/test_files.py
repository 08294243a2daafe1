"""Images in files: every mode Pillow writes, broken files, folders with and without classes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bench.data import decode as decoding
from bench.data.files import FileImages, find_images, open_folder
from bench.errors import BenchError

COLOUR = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
GREY = COLOUR[..., 0]


def _save(path: Path, image: Image.Image | NDArray[Any], **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    found = image if isinstance(image, Image.Image) else Image.fromarray(image)
    found.save(path, **options)
    return path


def decode(path: Path) -> NDArray[Any]:
    with path.open("rb") as file:
        return decoding.decode(file, str(path))


def test_rgb_and_grey_come_as_they_are(tmp_path: Path) -> None:
    np.testing.assert_array_equal(decode(_save(tmp_path / "a.png", COLOUR)), COLOUR)
    np.testing.assert_array_equal(decode(_save(tmp_path / "b.png", GREY)), GREY)


def test_alpha_is_dropped(tmp_path: Path) -> None:
    alpha = np.random.default_rng(1).integers(0, 256, (5, 7, 1), dtype=np.uint8)
    rgba = _save(tmp_path / "a.png", np.concatenate([COLOUR, alpha], 2))
    np.testing.assert_array_equal(decode(rgba), COLOUR)
    grey_alpha = Image.merge("LA", [Image.fromarray(GREY), Image.fromarray(alpha[..., 0])])
    np.testing.assert_array_equal(decode(_save(tmp_path / "b.png", grey_alpha)), GREY)


def test_palettes_are_resolved(tmp_path: Path) -> None:
    flat = np.zeros((4, 4, 3), dtype=np.uint8)
    flat[:2], flat[2:] = (200, 10, 30), (0, 99, 255)
    palette = Image.fromarray(flat).convert("P", palette=Image.Palette.ADAPTIVE)
    np.testing.assert_array_equal(decode(_save(tmp_path / "a.png", palette)), flat)
    np.testing.assert_array_equal(decode(_save(tmp_path / "b.gif", palette)), flat)


def test_black_and_white_bits_become_grey(tmp_path: Path) -> None:
    bits = GREY > 127
    np.testing.assert_array_equal(decode(_save(tmp_path / "a.png", bits)), np.where(bits, 255, 0))


def test_sixteen_bits_are_kept(tmp_path: Path) -> None:
    deep = np.arange(35, dtype=np.uint16).reshape(5, 7) * 1800
    for name in ("a.png", "a.tif"):
        found = decode(_save(tmp_path / name, deep))
        assert found.dtype == np.uint16
        np.testing.assert_array_equal(found, deep)


def test_thirty_two_bits_are_kept_in_range_and_refused_outside(tmp_path: Path) -> None:
    wide = np.array([[0, 65535], [300, 7]], dtype=np.int32)
    np.testing.assert_array_equal(decode(_save(tmp_path / "a.tif", wide)), wide)
    with pytest.raises(BenchError, match=r"b\.tif has values outside 0\.\.65535"):
        decode(_save(tmp_path / "b.tif", wide + 1))


def test_floating_point_needs_the_unit_range(tmp_path: Path) -> None:
    unit = np.linspace(0, 1, 35, dtype=np.float32).reshape(5, 7)
    np.testing.assert_array_equal(decode(_save(tmp_path / "a.tif", unit)), unit)
    with pytest.raises(BenchError, match=r"b\.tif has floating-point values outside \[0, 1\]"):
        decode(_save(tmp_path / "b.tif", unit * 255))
    with pytest.raises(BenchError, match=r"c\.tif"):
        decode(_save(tmp_path / "c.tif", unit * np.float32("nan")))


def test_cmyk_becomes_rgb(tmp_path: Path) -> None:
    red = Image.new("CMYK", (3, 2), (0, 255, 255, 0))
    found = decode(_save(tmp_path / "a.tif", red))
    np.testing.assert_array_equal(found, np.broadcast_to([255, 0, 0], (2, 3, 3)))


@pytest.mark.parametrize(("orientation", "turns"), [(1, 0), (6, -1), (3, 2), (8, 1)])
def test_exif_turns_the_image_upright(tmp_path: Path, orientation: int, turns: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = _save(tmp_path / "a.png", COLOUR, exif=exif)
    np.testing.assert_array_equal(decode(path), np.rot90(COLOUR, turns))


@pytest.mark.parametrize("content", [b"", b"not an image", b"\x89PNG\r\n\x1a\n"])
def test_a_broken_image_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "good.png").write_bytes(_save(tmp_path / "x.png", COLOUR).read_bytes())
    (tmp_path / "bad.png").write_bytes(content)
    images = FileImages(tmp_path, ["good.png", "bad.png"])
    with pytest.raises(BenchError, match=r"bad\.png"):
        images.read(np.array([0, 1]))


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "bmp", "tif", "webp"])
def test_a_truncated_image_is_named(tmp_path: Path, suffix: str) -> None:
    path = _save(tmp_path / f"a.{suffix}", np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(BenchError, match=rf"a\.{suffix}"):
        decode(path)


def test_a_file_that_vanished_is_named(tmp_path: Path) -> None:
    images = FileImages(tmp_path, ["gone.png"])
    with pytest.raises(BenchError, match=r"gone\.png"):
        images.read(np.array([0]))
    with pytest.raises(BenchError, match=r"gone\.png"):
        _ = images.identity


def test_equal_shapes_are_stacked_and_others_listed(tmp_path: Path) -> None:
    _save(tmp_path / "a.png", COLOUR)
    _save(tmp_path / "b.png", COLOUR[::-1])
    _save(tmp_path / "c.png", GREY)
    images = open_folder(tmp_path)
    stacked = images.read(np.array([1, 0]))
    assert isinstance(stacked, np.ndarray)
    np.testing.assert_array_equal(stacked, [COLOUR[::-1], COLOUR])
    mixed = images.read(np.array([0, 2]))
    assert isinstance(mixed, list)
    assert [image.shape for image in mixed] == [(5, 7, 3), (5, 7)]


def test_a_flat_folder_has_no_labels_and_a_stable_order(tmp_path: Path) -> None:
    for name in ("b.PNG", "a.png", "c.jpeg", ".hidden.png", "._a.png", "notes.txt"):
        _save(tmp_path / name, COLOUR, format="PNG")
    images = open_folder(tmp_path)
    assert images.files == ("a.png", "b.PNG", "c.jpeg")
    assert (images.labels, images.classes) == (None, ())
    assert images.sample_id(1) == "b.PNG"


def test_class_folders_give_labels(tmp_path: Path) -> None:
    for name in ("dog/1.png", "cat/deep/er/2.png", "cat/1.png", "ant/1.png"):
        _save(tmp_path / name, COLOUR)
    images = open_folder(tmp_path)
    assert images.files == ("ant/1.png", "cat/1.png", "cat/deep/er/2.png", "dog/1.png")
    assert images.classes == ("ant", "cat", "dog")
    np.testing.assert_array_equal(images.labels, [0, 1, 1, 2])


@pytest.mark.parametrize("names", [["only/1.png", "only/2.png"], ["a/1.png", "b/1.png", "stray.png"]])
def test_one_subfolder_or_a_stray_image_means_no_labels(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        _save(tmp_path / name, COLOUR)
    assert open_folder(tmp_path).labels is None
    assert len(open_folder(tmp_path)) == len(names)


def test_class_folders_may_be_links_even_in_a_circle(tmp_path: Path) -> None:
    _save(tmp_path / "elsewhere" / "1.png", COLOUR)
    _save(tmp_path / "set" / "a" / "1.png", COLOUR)
    (tmp_path / "set" / "b").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "set" / "a" / "up").symlink_to(tmp_path / "set")
    files = find_images(tmp_path / "set")
    assert "b/1.png" in files or "a/up/b/1.png" in files
    assert len(files) == len({(tmp_path / "set" / name).resolve() for name in files})


def test_one_image_is_a_set(tmp_path: Path) -> None:
    _save(tmp_path / "a.png", COLOUR)
    images = open_folder(tmp_path)
    assert len(images) == 1
    np.testing.assert_array_equal(images.read(np.array([0])), [COLOUR])


def test_a_folder_without_images_or_none_at_all_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="no image below"):
        find_images(tmp_path)
    with pytest.raises(BenchError, match="no folder"):
        find_images(tmp_path / "absent")
    (tmp_path / "file").write_text("")
    with pytest.raises(BenchError, match="not a folder"):
        find_images(tmp_path / "file")


def test_the_identity_follows_content_and_names_but_not_place_or_time(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        for name in ("a.png", "b.png"):
            _save(tmp_path / folder / name, COLOUR)
    first, second = open_folder(tmp_path / "one"), open_folder(tmp_path / "two")
    assert first.identity == second.identity
    _save(tmp_path / "two" / "b.png", COLOUR[::-1])
    changed = open_folder(tmp_path / "two").identity
    (tmp_path / "one" / "b.png").rename(tmp_path / "one" / "c.png")
    renamed = open_folder(tmp_path / "one").identity
    assert len({first.identity, changed, renamed}) == 3
