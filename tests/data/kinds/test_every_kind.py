"""What holds for every kind of binding: pixels, labels, identity, broken images, and what is said of it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_digits, load_sample_images
from typer.testing import CliRunner

from bench.cli.main import app
from bench.data.binding_kind import BINDING_KINDS
from bench.data.bindings import parse_binding, parse_bindings
from bench.data.bound import BoundSet
from bench.data.broken import usable
from bench.data.dataset import Place
from bench.data.fingerprint import fingerprint
from bench.data.images import Images
from bench.data.lineage import shared
from bench.errors import BenchError, MissingDataError

PLACE = Place(Path("/nowhere"))
SHIPPED: tuple[Any, Any] = load_sample_images(), load_digits()
PHOTO = SHIPPED[0].images[0][100:130, 200:240]
DIGITS = [(image * 15.9).astype(np.uint8) for image in SHIPPED[1].images[:7]]
LABELS = [3, 1, 2, 0, 1, 3, 2]


def _encoded(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    memory = io.BytesIO()
    image.save(memory, form, **options)
    return memory.getvalue()


def _png(pixels: NDArray[Any]) -> bytes:
    return _encoded(Image.fromarray(pixels))


def _turned() -> tuple[bytes, NDArray[Any]]:
    exif = Image.Exif()
    exif[0x0112] = 6
    return _encoded(Image.fromarray(PHOTO), exif=exif), np.rot90(PHOTO, -1)


def _palette() -> tuple[bytes, NDArray[Any]]:
    few = Image.fromarray(PHOTO).quantize(16)
    return _encoded(few), np.asarray(few.convert("RGB"))


def _alpha() -> tuple[bytes, NDArray[Any]]:
    veil = np.full((*PHOTO.shape[:2], 1), 77, np.uint8)
    return _png(np.concatenate([PHOTO, veil], 2)), PHOTO


def _animated() -> tuple[bytes, NDArray[Any]]:
    frames = [Image.fromarray(PHOTO).quantize(16), Image.fromarray(PHOTO[::-1]).quantize(16)]
    return _encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]), np.asarray(frames[0].convert("RGB"))


DEEP = DIGITS[0].astype(np.uint16) * 257 + 5
FORMS: dict[str, tuple[bytes, NDArray[Any]]] = {
    "colour": (_png(PHOTO), PHOTO),
    "grey": (_png(DIGITS[0]), DIGITS[0]),
    "palette": _palette(),
    "alpha": _alpha(),
    "turned by EXIF": _turned(),
    "16 bits": (_png(DEEP), DEEP),
    "animated": _animated(),
}
SUFFIX = {"animated": "gif"}


def _digits() -> list[tuple[str, bytes]]:
    return [(f"d{place:02d}.png", _png(image)) for place, image in enumerate(DIGITS)]


def _open(kind: str, source: str) -> Images:
    return BoundSet(parse_binding(f"mine={kind}:{source}")).load("test", PLACE)


def _all(images: Images) -> list[NDArray[Any]]:
    return list(images.read(np.arange(len(images))))


def _by_class(images: Images) -> list[tuple[str, bytes]]:
    """Class and pixels of each image, in an order that does not depend on the kind."""
    assert images.labels is not None
    names = images.classes or [str(label) for label in range(10)]
    return sorted((names[label], image.tobytes()) for label, image in zip(images.labels, _all(images), strict=True))


def test_every_kind_has_a_case(cases: dict[str, Any]) -> None:
    assert sorted(cases) == BINDING_KINDS.names()


def test_every_kind_says_what_it_is() -> None:
    for name in BINDING_KINDS.names():
        kind = BINDING_KINDS.get(name)
        assert BINDING_KINDS.entry(name).summary.endswith(".")
        assert kind.form.isupper() or "[" in kind.form


@pytest.mark.parametrize("form", FORMS)
def test_pixels_come_as_they_are_shown(tmp_path: Path, cases: dict[str, Any], kind: str, form: str) -> None:
    content, expected = FORMS[form]
    source = cases[kind].write(tmp_path, [(f"a.{SUFFIX.get(form, 'png')}", content)], None)
    [found] = _all(_open(kind, source))
    if kind == "npz" and form == "alpha":
        found = found[..., :3]  # kept in an array, and dropped where images are shown to a network
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


def test_cmyk_comes_as_rgb(tmp_path: Path, cases: dict[str, Any], file_kind: str) -> None:
    content = _encoded(Image.fromarray(PHOTO).convert("CMYK"), "JPEG", quality=100, subsampling=0)
    [found] = _all(_open(file_kind, cases[file_kind].write(tmp_path, [("a.jpg", content)], None)))
    assert found.shape == PHOTO.shape
    assert np.abs(found.astype(int) - PHOTO).mean() < 3


def test_labels_belong_to_their_images(tmp_path: Path, cases: dict[str, Any], kind: str) -> None:
    images = _open(kind, cases[kind].write(tmp_path, _digits(), LABELS))
    wanted = sorted((str(label), image.tobytes()) for label, image in zip(LABELS, DIGITS, strict=True))
    assert _by_class(images) == wanted


def test_without_labels_there_are_none(tmp_path: Path, cases: dict[str, Any], kind: str) -> None:
    images = _open(kind, cases[kind].write(tmp_path, _digits(), None))
    assert images.labels is None
    assert [image.tobytes() for image in _all(images)] == [image.tobytes() for image in DIGITS]


def test_any_part_can_be_read_in_any_order(tmp_path: Path, cases: dict[str, Any], kind: str) -> None:
    images = _open(kind, cases[kind].write(tmp_path, _digits(), None))
    places = np.array([6, 0, 1, 5, 2, 2])
    np.testing.assert_array_equal(images.read(places), [DIGITS[place] for place in places])


def test_identity_is_that_of_the_content(tmp_path: Path, cases: dict[str, Any], kind: str) -> None:
    write = cases[kind].write
    first = _open(kind, write(tmp_path / "one", _digits(), LABELS))
    again = _open(kind, write(tmp_path / "two", _digits(), LABELS))
    relabelled = _open(kind, write(tmp_path / "three", _digits(), [*LABELS[:-1], 0]))
    changed = [*_digits()[:-1], ("d06.png", _png(DIGITS[6][::-1]))]
    other = _open(kind, write(tmp_path / "four", changed, LABELS))
    assert first.identity == again.identity
    assert len({one.identity for one in (first, relabelled, other)}) == 3


def test_pictures_are_known_again_in_every_kind(tmp_path: Path, cases: dict[str, Any], kind: str) -> None:
    images = _open(kind, cases[kind].write(tmp_path / "here", _digits(), None))
    assert images.fingerprints.tolist() == [fingerprint(image) for image in DIGITS]
    folder = _open("folder", cases["folder"].write(tmp_path / "there", _digits()[2:4], None))
    assert shared(images, folder).tolist() == [False, False, True, True, False, False, False]


def test_one_image_is_a_set(tmp_path: Path, cases: dict[str, Any], kind: str) -> None:
    images = _open(kind, cases[kind].write(tmp_path, _digits()[:1], None))
    np.testing.assert_array_equal(_all(images), [DIGITS[0]])
    assert images.sample_id(0)


def test_the_note_names_the_binding(tmp_path: Path, cases: dict[str, Any], kind: str) -> None:
    source = cases[kind].write(tmp_path, _digits(), None)
    assert _open(kind, source).note == f"bound to {kind}:{source}"


def test_what_is_not_there_is_named(tmp_path: Path, kind: str) -> None:
    with pytest.raises(MissingDataError, match=rf"mine={kind}:.*absent"):
        _open(kind, str(tmp_path / "absent"))


def test_a_table_binds_and_counts_paths_from_its_file(tmp_path: Path, cases: dict[str, Any], kind: str) -> None:
    source = cases[kind].write(tmp_path / "images", _digits(), LABELS)
    relative = str(Path(source).relative_to(tmp_path))
    found = parse_bindings({"mine": {kind: relative, "train": relative}}, tmp_path / "bench.toml")["mine"]
    bound = BoundSet(found)
    assert found.source == source
    for split in ("test", "train"):
        assert _by_class(bound.load(split, PLACE)) == _by_class(_open(kind, source))


def test_status_and_verify_say_what_is_there(tmp_path: Path, cases: dict[str, Any], kind: str) -> None:
    bound = BoundSet(parse_binding(f"mine={kind}:{cases[kind].write(tmp_path, _digits(), None)}"))
    assert {file.state for file in bound.status(tmp_path)} == {"ok"}
    assert {file.state for file in bound.verify(tmp_path)} == {"unchecked"}
    assert all("read (7 images)" in file.detail for file in bound.verify(tmp_path))


def _with_broken(names: Sequence[str] = ("d02.png", "d05.png")) -> list[tuple[str, bytes]]:
    return [(name, content[: len(content) // 2] if name in names else content) for name, content in _digits()]


def test_broken_images_are_an_error_that_names_them(tmp_path: Path, cases: dict[str, Any], file_kind: str) -> None:
    images = _open(file_kind, cases[file_kind].write(tmp_path, _with_broken(), LABELS))
    with pytest.raises(BenchError, match=r"'mine' has 2 broken images among 7: .*--skip-broken") as caught:
        usable(images, "mine")
    broken = [index for index in range(7) if images.sample_id(index) in str(caught.value)]
    assert sorted(images.broken()) == broken
    assert len(broken) == 2


def test_broken_images_are_left_out_only_if_asked(tmp_path: Path, cases: dict[str, Any], file_kind: str) -> None:
    images = _open(file_kind, cases[file_kind].write(tmp_path / "all", _with_broken(), LABELS))
    kept = usable(images, "mine", skip_broken=True)
    good = [place for place in range(7) if place not in (2, 5)]
    labels = [LABELS[place] for place in good]
    expected = sorted((str(LABELS[place]), DIGITS[place].tobytes()) for place in good)
    assert _by_class(kept) == expected
    assert "2 broken images of 7 left out: " in kept.note
    clean = _open(file_kind, cases[file_kind].write(tmp_path / "good", [_digits()[place] for place in good], labels))
    if file_kind != "webdataset":  # there the halves, and with them the shards' names, are others
        assert kept.identity == clean.identity
    assert kept.identity != usable(_open(file_kind, clean_source(tmp_path, cases, file_kind)), "mine").identity
    assert len(kept.fingerprints) == 5


def clean_source(tmp_path: Path, cases: dict[str, Any], kind: str) -> str:
    source: str = cases[kind].write(tmp_path / "whole", _digits(), LABELS)
    return source


def test_damage_in_the_middle_is_found_by_skipping(tmp_path: Path, cases: dict[str, Any], file_kind: str) -> None:
    content = bytearray(_png(PHOTO))
    content[len(content) // 2] ^= 255
    files = [("a.png", _png(PHOTO)), ("b.png", bytes(content))]
    images = _open(file_kind, cases[file_kind].write(tmp_path, files, None))
    assert images.broken() == {}
    assert list(images.broken(thorough=True)) == [1]
    with pytest.raises(BenchError, match="Cannot read the image"):
        _all(images)
    assert len(usable(images, "mine", skip_broken=True)) == 1
    assert len(usable(images, "mine", skip_broken=True)) == 1  # what was found is kept on disk, and read again


def test_verify_finds_broken_images(tmp_path: Path, cases: dict[str, Any], file_kind: str) -> None:
    source = cases[file_kind].write(tmp_path, _with_broken(), None)
    files = BoundSet(parse_binding(f"mine={file_kind}:{source}")).verify(tmp_path)
    assert {file.state for file in files} == {"corrupt"}
    assert all("2 broken images among 7" in file.detail for file in files)


def test_a_set_of_broken_images_alone_is_an_error(tmp_path: Path, cases: dict[str, Any], file_kind: str) -> None:
    images = _open(file_kind, cases[file_kind].write(tmp_path, [("a.png", b"no image")], None))
    with pytest.raises(BenchError, match="no image that can be read"):
        usable(images, "mine", skip_broken=True)


def test_classes_count_in_the_order_that_is_given(tmp_path: Path, cases: dict[str, Any], kind: str) -> None:
    """Where the kind has names of classes, those; where it has numbers, these already count as the network does."""
    source = cases[kind].write(tmp_path, _digits(), LABELS)
    table = {kind: source, "classes": ["0", "1", "2", "3", "4"]}
    images = BoundSet(parse_bindings({"mine": table}, tmp_path / "bench.toml")["mine"]).load("test", PLACE)
    assert images.classes == ("0", "1", "2", "3", "4")
    assert images.labels is not None
    assert sorted(images.labels.tolist()) == sorted(LABELS)


def test_the_commands_know_it(
    tmp_path: Path, cases: dict[str, Any], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    source = cases[kind].write(tmp_path / "images", _digits(), LABELS)
    (tmp_path / "bench.toml").write_text(f'[datasets.mine]\n{kind} = "{Path(source).relative_to(tmp_path)}"\n')
    for arguments in (["data", "status", "mine"], ["data", "verify", "mine"], ["describe", "dataset", "mine"]):
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0, result.exception
        assert f"bound to {kind}:{source} in bench.toml" in " ".join(result.stdout.split())
