"""Lists of paths and labels: OpenOOD's layout, roots that are given or found, and lines that are wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.data.bindings import parse_binding, parse_bindings
from bench.data.bound import BoundSet
from bench.data.broken import usable
from bench.data.dataset import Place
from bench.data.files import FileImages
from bench.data.images import Images
from bench.errors import BenchError, UnknownNameError

PIXELS = np.random.default_rng(0).integers(0, 256, (3, 4, 4, 3), dtype=np.uint8)
NAMES = ("cifar10/test/ship/0001.png", "cifar10/test/dog/0002.png", "cifar10/test/dog/a name.png")


def _archive(data: Path, lines: str, *, large: bool = False) -> Path:
    for name, pixels in zip(NAMES, PIXELS, strict=True):
        path = data / ("images_largescale" if large else "images_classic") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
    file = data / "benchmark_imglist" / "cifar10" / "test_cifar10.txt"
    file.parent.mkdir(parents=True)
    file.write_text(lines, encoding="utf-8")
    return file


def _load(source: object) -> Images:
    return BoundSet(parse_binding(f"mine=imglist:{source}")).load("test", Place(Path()))


LINES = "".join(f"{name} {label}\n" for name, label in zip(NAMES, (8, 5, 5), strict=True))


@pytest.mark.parametrize("large", [False, True])
def test_an_archive_of_openood_works_as_it_is(tmp_path: Path, large: bool) -> None:
    images = _load(_archive(tmp_path, LINES, large=large))
    assert isinstance(images, FileImages)
    assert images.files == NAMES
    assert images.labels is not None
    assert images.labels.tolist() == [8, 5, 5]
    np.testing.assert_array_equal(images.read(np.arange(3)), PIXELS)


def test_the_root_can_be_given_in_both_ways(tmp_path: Path) -> None:
    file = _archive(tmp_path / "data", LINES)
    moved = tmp_path / "pictures"
    (tmp_path / "data" / "images_classic").rename(moved)
    with pytest.raises(BenchError, match=r"such as 'cifar10/test/ship/0001\.png'.*@FOLDER"):
        _load(file)
    table = {"mine": {"imglist": str(file.relative_to(tmp_path)), "root": "pictures"}}
    binding = parse_bindings(table, tmp_path / "bench.toml")["mine"]
    for images in (_load(f"{file}@{moved}"), BoundSet(binding).load("test", Place(Path()))):
        np.testing.assert_array_equal(images.read(np.arange(3)), PIXELS)


def test_both_paths_count_from_the_folder_of_a_run_file(tmp_path: Path) -> None:
    binding = parse_binding("mine=imglist:lists/a.txt@pictures", tmp_path)
    assert binding.source == f"{tmp_path}/lists/a.txt@{tmp_path}/pictures"
    assert parse_binding(str(binding)) == binding


def test_a_file_may_have_an_at_in_its_name(tmp_path: Path) -> None:
    file = _archive(tmp_path, LINES)
    named = file.rename(file.with_name("a@b.txt"))
    assert len(_load(named)) == 3


def test_a_root_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"There is no folder .*absent"):
        _load(f"{_archive(tmp_path, LINES)}@{tmp_path}/absent")


def test_minus_one_means_ood(tmp_path: Path) -> None:
    images = _load(_archive(tmp_path, LINES.replace(" 8\n", " -1\n").replace(" 5\n", " -1\n")))
    assert images.labels is None
    assert len(images) == 3


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (LINES.replace(" 8\n", " -1\n"), r"1 of the 3 images .* the label -1"),
        (LINES + "x.png\n", r"Line 4 of .*test_cifar10\.txt is 'x\.png', but must be PATH LABEL"),
        (LINES + "x.png ship\n", r"Line 4 of .* PATH LABEL"),
        (LINES + "x.png -2\n", r"Line 4 of .* PATH LABEL"),
        (LINES + "x.png 1.5\n", r"Line 4 of .* PATH LABEL"),
        (LINES + "/etc/passwd 1\n", r"Line 4 of .* '/etc/passwd', which leads out"),
        (LINES + "cifar10/../../x.png 1\n", "which leads out"),
        (LINES + "..\\x.png 1\n", "which leads out"),
        (LINES + "C:\\x.png 1\n", "which leads out"),
        ("\n\n", "names no images"),
    ],
)
def test_wrong_lines_are_named(tmp_path: Path, lines: str, message: str) -> None:
    with pytest.raises(BenchError, match=message):
        _load(_archive(tmp_path, lines))


def test_blank_lines_and_marks_of_other_systems_do_not_matter(tmp_path: Path) -> None:
    images = _load(_archive(tmp_path, "\ufeff" + LINES.replace("\n", "\r\n\r\n")))
    assert isinstance(images, FileImages)
    assert images.files == NAMES


def test_a_list_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    file = _archive(tmp_path, LINES)
    file.write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(BenchError, match="Cannot read the list"):
        _load(file)


def test_listed_images_that_are_not_there_count_as_broken(tmp_path: Path) -> None:
    images = _load(_archive(tmp_path, LINES + "cifar10/test/dog/gone.png 5\n"))
    with pytest.raises(BenchError, match=r"1 broken image among 4: .*/gone\.png \(there is no such file\)"):
        usable(images, "mine")
    assert len(usable(images, "mine", skip_broken=True)) == 3


def test_an_image_listed_twice_is_told(tmp_path: Path) -> None:
    assert "1 images are listed more than once" in _load(_archive(tmp_path, LINES + f"{NAMES[0]} 8\n")).note


def test_an_unknown_key_of_a_table_is_named() -> None:
    with pytest.raises(UnknownNameError, match=r"key of \[datasets\.mine\] in bench\.toml: 'rot'.*Did you mean 'root'"):
        parse_bindings({"mine": {"imglist": "a.txt", "rot": "b"}}, Path("bench.toml"))
