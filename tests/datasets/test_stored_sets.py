"""Each set that is read from files, on a small copy of its layout made here."""

from __future__ import annotations

import gzip
import hashlib
import io
import pickle
import struct
import tarfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torchvision
from numpy.typing import NDArray
from PIL import Image
from scipy.io import savemat

from bench.data.dataset import DATASETS, Place
from bench.data.images import Images
from bench.data.stored import StoredSet
from bench.errors import BenchError, MissingDataError

Patch = pytest.MonkeyPatch
Made = tuple[NDArray[Any], NDArray[np.int64] | None]
"""The images `(N, H, W[, C])` and labels that the set must give."""

RNG = np.random.default_rng(0)
COUNT = 6


def _pixels(*shape: int) -> NDArray[np.uint8]:
    return RNG.integers(0, 256, (COUNT, *shape), dtype=np.uint8)


def _md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def _write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def _save(path: Path, pixels: NDArray[np.uint8]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, format="PNG")


def _cifar(reader: str, label_key: str, meta_key: str) -> Callable[[Path, Patch], Made]:
    def make(root: Path, patch: Patch) -> Made:
        cls = getattr(torchvision.datasets, reader)
        pixels, labels = _pixels(32, 32, 3), np.arange(COUNT)
        rows = pixels.transpose(0, 3, 1, 2).reshape(COUNT, -1)
        folder = root / cls.base_folder
        for attribute in ("train_list", "test_list"):
            listed = []
            for name, _ in getattr(cls, attribute):
                listed.append(
                    [name, _md5(_write(folder / name, pickle.dumps({"data": rows, label_key: labels.tolist()})))]
                )
            patch.setattr(cls, attribute, listed)
        meta = _write(folder / cls.meta["filename"], pickle.dumps({meta_key: ["a"]}))
        patch.setattr(cls, "meta", cls.meta | {"md5": _md5(meta)})
        return pixels, labels

    return make


def _svhn(root: Path, patch: Patch) -> Made:
    pixels, labels = _pixels(32, 32, 3), np.array([1, 9, 10, 2, 10, 3])
    savemat(root / "test_32x32.mat", {"X": pixels.transpose(1, 2, 3, 0), "y": labels[:, None]})
    listed = dict(torchvision.datasets.SVHN.split_list)
    listed["test"] = [listed["test"][0], "test_32x32.mat", _md5(root / "test_32x32.mat")]
    patch.setattr(torchvision.datasets.SVHN, "split_list", listed)
    return pixels, labels % 10


def _idx(array: NDArray[np.uint8]) -> bytes:
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


def _mnist(folder: str) -> Callable[[Path, Patch], Made]:
    def make(root: Path, patch: Patch) -> Made:
        pixels, labels = _pixels(28, 28), np.arange(COUNT, dtype=np.uint8)
        _write(root / folder / "raw" / "t10k-images-idx3-ubyte", _idx(pixels))
        _write(root / folder / "raw" / "t10k-labels-idx1-ubyte", _idx(labels))
        return pixels, labels.astype(np.int64)

    return make


def _emnist(root: Path, patch: Patch) -> Made:
    pixels, labels = _pixels(28, 28), np.arange(1, COUNT + 1, dtype=np.uint8)
    folder = root / "EMNIST" / "raw"
    _write(folder / "emnist-letters-test-images-idx3-ubyte", _idx(np.ascontiguousarray(pixels.transpose(0, 2, 1))))
    _write(folder / "emnist-letters-test-labels-idx1-ubyte", _idx(labels))
    return pixels, labels.astype(np.int64) - 1


def _stl10(root: Path, patch: Patch) -> Made:
    pixels, labels = _pixels(96, 96, 3), np.arange(1, COUNT + 1, dtype=np.uint8)
    _write(root / "stl10_binary" / "test_X.bin", np.ascontiguousarray(pixels.transpose(0, 3, 2, 1)).tobytes())
    _write(root / "stl10_binary" / "test_y.bin", labels.tobytes())
    return pixels, labels.astype(np.int64) - 1


def _dtd(root: Path, patch: Patch) -> Made:
    pixels, names = (
        _pixels(9, 7, 3),
        ["banded/b_1", "banded/b_2", "zigzagged/z_1", "dotted/d_1", "woven/w_1", "lined/l_1"],
    )
    for image, name in zip(pixels, names, strict=True):
        _save(root / "dtd/dtd/images" / f"{name}.jpg", image)
    _save(root / "dtd/dtd/images/banded/in_another_split.jpg", pixels[0])
    _write(root / "dtd/dtd/labels/test1.txt", "".join(f"{name}.jpg\n" for name in names).encode())
    classes = DATASETS.get("dtd").classes
    return pixels, np.array([classes.index(name.split("/")[0]) for name in names])


def _places(root: Path, patch: Patch) -> Made:
    cls = torchvision.datasets.Places365
    pixels, labels = _pixels(8, 8, 3), np.array([1, 0, 1, 2, 0, 2])
    lines = []
    for place, (image, label) in enumerate(zip(pixels, labels, strict=True)):
        _save(root / "val_256" / f"Places365_val_{place:08d}.jpg", image)
        lines.append(f"Places365_val_{place:08d}.jpg {label}\n")
    listing = _write(root / "places365_val.txt", "".join(lines).encode())
    kinds = _write(root / "categories_places365.txt", b"/a/airfield 0\n/b/bar 1\n/z/zoo 2\n")
    patch.setattr(cls, "_CATEGORIES_META", (kinds.name, _md5(kinds)))
    patch.setattr(cls, "_FILE_LIST_META", {"val": (listing.name, _md5(listing))})
    return pixels, labels


def _imagenet(root: Path, patch: Patch) -> Made:
    pixels, labels = _pixels(8, 8, 3), np.array([0, 0, 1, 1, 2, 2])
    for place, (image, label) in enumerate(zip(pixels, labels, strict=True)):
        _save(root / "imagenet/val" / f"n0000000{label}" / f"ILSVRC2012_val_{place:08d}.JPEG", image)
    return pixels, labels


def _odin(folder: str, side: int) -> Callable[[Path, Patch], Made]:
    def make(root: Path, patch: Patch) -> Made:
        pixels, margin = _pixels(side, side, 3), (side - 32) // 2
        for place, image in enumerate(pixels):
            _save(root / folder / f"{place}.png", image)
        _write(root / folder / "._0.png", b"left by another file system")
        return pixels[:, margin : margin + 32, margin : margin + 32], None

    return make


def _flat(folder: str) -> Callable[[Path, Patch], Made]:
    """Images in and below one folder, without labels."""

    def make(root: Path, patch: Patch) -> Made:
        pixels = _pixels(8, 8, 3)
        for place, image in enumerate(pixels):
            _save(root / folder / ("a" if place < 2 else "b") / f"{place}.jpg", image)
        return pixels, None

    return make


def _classes(pattern: str, names: dict[str, int], ignored: str = "") -> Callable[[Path, Patch], Made]:
    """Two images in each class folder, all in every folder that `pattern` gives; `names` has the labels in order."""

    def make(root: Path, patch: Patch) -> Made:
        pixels, labels = _pixels(8, 8, 3), []
        kinds = import_module("bench.datasets.imagenet_shifted").KINDS if "{kind}" in pattern else ("",)
        folders = [root / pattern.format(kind=kind, level=level) for kind in kinds for level in range(1, 6)]
        for place, image in enumerate(pixels):
            name = list(names)[place // 2]
            labels.append(names[name])
            for folder in dict.fromkeys(folders):
                _save(folder / name / f"{place}.JPEG", image)
        if ignored:
            for folder in dict.fromkeys(folders):
                _save(folder / ignored / "other.JPEG", pixels[0])
        return pixels, np.array(labels)

    return make


GOLDFISH, SHARK, HEN, ACORN = "n01443537", "n01484850", "n01514859", "n12267677"
"""Classes of ImageNet-R by their WordNet numbers; among ImageNet's 1,000 their places are 1, 2, 8 and 988."""
TENCH = "n01440764"
"""The first class of ImageNet, which is not among the 200."""

MAKERS: dict[str, Callable[[Path, Patch], Made]] = {
    "cifar10": _cifar("CIFAR10", "labels", "label_names"),
    "cifar100": _cifar("CIFAR100", "fine_labels", "fine_label_names"),
    "svhn": _svhn,
    "mnist": _mnist("MNIST"),
    "fashion-mnist": _mnist("FashionMNIST"),
    "kmnist": _mnist("KMNIST"),
    "emnist-letters": _emnist,
    "stl10": _stl10,
    "dtd": _dtd,
    "places365": _places,
    "imagenet": _imagenet,
    "tinyimagenet-resize": _odin("Imagenet_resize/Imagenet_resize", 32),
    "tinyimagenet-crop": _odin("Imagenet/test", 36),
    "lsun-resize": _odin("LSUN_resize/LSUN_resize", 32),
    "lsun-crop": _odin("LSUN/test", 36),
    "isun": _odin("iSUN/iSUN_patches", 32),
    "tinyimagenet": _flat("tiny-imagenet-200/val/images"),
    "ssb-hard": _flat("ssb_hard"),
    "ninco": _flat("NINCO/NINCO_OOD_classes"),
    "inaturalist": _flat("iNaturalist/images"),
    "openimage-o": _flat("openimage_o"),
    "imagenet200": _classes("imagenet/val", {GOLDFISH: 0, HEN: 4, ACORN: 199}, TENCH),
    "imagenet-r": _classes("imagenet-r", {GOLDFISH: 0, SHARK: 1, ACORN: 199}),
    "imagenet-v2": _classes("imagenetv2-matched-frequency-format-val", {"1": 1, "10": 10, "988": 988}),
    "imagenet200-v2": _classes("imagenetv2-matched-frequency-format-val", {"1": 0, "8": 4, "988": 199}, "0"),
    "imagenet-c": _classes("imagenet-c/{kind}/{level}", {TENCH: 0, GOLDFISH: 1, ACORN: 2}),
    "imagenet200-c": _classes("imagenet-c/{kind}/{level}", {GOLDFISH: 0, HEN: 4, ACORN: 199}, TENCH),
}


def _read(images: Images) -> NDArray[Any]:
    return np.asarray(images.read(np.arange(len(images))))


def test_every_stored_set_is_tried_here() -> None:
    stored = {name for name in DATASETS.names() if issubclass(DATASETS.get(name), StoredSet)}
    assert stored == set(MAKERS)


@pytest.mark.parametrize("name", MAKERS)
def test_the_layout_is_read_exactly(name: str, tmp_path: Path, monkeypatch: Patch) -> None:
    pixels, labels = MAKERS[name](tmp_path, monkeypatch)
    images = DATASETS.get(name)().load("test", Place(tmp_path))
    np.testing.assert_array_equal(_read(images), pixels)
    if labels is None:
        assert images.labels is None
    else:
        np.testing.assert_array_equal(images.labels, labels)
        assert images.classes
    assert images.note == ""
    assert images.identity == DATASETS.get(name)().load("test", Place(tmp_path)).identity


@pytest.mark.parametrize("name", MAKERS)
def test_nothing_is_read_that_is_not_among_its_sources(
    name: str, tmp_path: Path, monkeypatch: Patch, opened_below: Callable[[Path], AbstractContextManager[set[Path]]]
) -> None:
    MAKERS[name](tmp_path, monkeypatch)
    data_set = DATASETS.get(name)()
    with opened_below(tmp_path) as opened:
        assert data_set.load("test", Place(tmp_path)).identity
    sources = data_set.sources("test", tmp_path)
    assert opened
    assert {path for path in opened if not any(path.is_relative_to(one) for one in sources)} == set()


@pytest.mark.parametrize("name", MAKERS)
def test_a_shuffled_read_gives_the_same_images(name: str, tmp_path: Path, monkeypatch: Patch) -> None:
    pixels, _ = MAKERS[name](tmp_path, monkeypatch)
    order = np.array([4, 0, 4, 2])
    np.testing.assert_array_equal(DATASETS.get(name)().load("test", Place(tmp_path)).read(order), pixels[order])


@pytest.mark.parametrize("name", MAKERS)
def test_a_small_copy_is_called_corrupt(name: str, tmp_path: Path, monkeypatch: Patch) -> None:
    MAKERS[name](tmp_path, monkeypatch)
    data_set = DATASETS.get(name)()
    states = {file.path: file for file in data_set.verify(tmp_path)}
    checked = [tmp_path / path for path in data_set.files["test"] if path in data_set.checksums]
    assert checked
    for path in checked:
        assert states[path].state == "corrupt"
        assert "instead of" in states[path].detail
    for path in data_set.files["test"]:
        assert {file.path: file.state for file in data_set.status(tmp_path)}[tmp_path / path] == "ok"


@pytest.mark.parametrize("name", ["cifar10", "cifar100", "svhn", "mnist", "emnist-letters", "stl10", "places365"])
def test_a_cut_file_is_a_clear_error(name: str, tmp_path: Path, monkeypatch: Patch) -> None:
    MAKERS[name](tmp_path, monkeypatch)
    data_set = DATASETS.get(name)()
    path = tmp_path / data_set.files["test"][0]
    for content in (path.read_bytes()[:-1000] or path.read_bytes()[:-5], b""):
        path.write_bytes(content)
        with pytest.raises(BenchError, match=rf"(?s){name} below .* cannot be read.*bench data fetch {name}"):
            data_set.load("test", Place(tmp_path))


class _Bomb:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> Any:
        return Path.touch, (self.target,)


@pytest.mark.parametrize("name", ["cifar10", "cifar100"])
def test_a_foreign_pickle_is_never_run(name: str, tmp_path: Path, monkeypatch: Patch) -> None:
    MAKERS[name](tmp_path, monkeypatch)
    data_set = DATASETS.get(name)()
    for path in data_set.files["test"]:
        (tmp_path / path).write_bytes(pickle.dumps(_Bomb(tmp_path / "ran")))
    with pytest.raises(BenchError):
        data_set.load("test", Place(tmp_path))
    assert not (tmp_path / "ran").exists()


def test_torchvision_lists_the_same_checksums() -> None:
    tv = torchvision.datasets
    for name, reader in (("cifar10", tv.CIFAR10), ("cifar100", tv.CIFAR100)):
        listed = {f"{reader.base_folder}/{file}": f"md5:{md5}" for file, md5 in reader.train_list + reader.test_list}
        listed[f"{reader.base_folder}/{reader.meta['filename']}"] = f"md5:{reader.meta['md5']}"
        assert DATASETS.get(name).checksums == listed
        assert [archive.md5 for archive in DATASETS.get(name).archives] == [reader.tgz_md5]
    for name, reader in (("mnist", tv.MNIST), ("fashion-mnist", tv.FashionMNIST), ("kmnist", tv.KMNIST)):
        found = {(archive.path.rsplit("/", 1)[1], archive.md5) for archive in DATASETS.get(name).archives}
        assert found == set(reader.resources)
        assert DATASETS.get(name).archives[0].path.startswith(f"{reader.__name__}/raw/")
    assert DATASETS.get("emnist-letters").archives[0].md5 == tv.EMNIST.md5
    svhn = {file: f"md5:{md5}" for split, (_, file, md5) in tv.SVHN.split_list.items() if split != "extra"}
    assert DATASETS.get("svhn").checksums == svhn
    stl = {f"stl10_binary/{file}": f"md5:{md5}" for file, md5 in tv.STL10.train_list + tv.STL10.test_list}
    assert DATASETS.get("stl10").checksums.items() <= stl.items()
    assert DATASETS.get("stl10").archives[0].md5 == tv.STL10.tgz_md5
    assert DATASETS.get("dtd").archives[0].md5 == tv.DTD._MD5
    places = tv.Places365
    assert DATASETS.get("places365").archives[0].md5 == places._DEVKIT_META["standard"][1]
    assert DATASETS.get("places365").archives[1].md5 == places._IMAGES_META["val", True][1]


def test_one_svhn_file_serves_its_split(tmp_path: Path, monkeypatch: Patch) -> None:
    _svhn(tmp_path, monkeypatch)
    svhn = DATASETS.get("svhn")()
    assert len(svhn.load("test", Place(tmp_path))) == COUNT
    with pytest.raises(MissingDataError, match=r"train_32x32\.mat"):
        svhn.load("train", Place(tmp_path))


def test_stl10_with_labels_of_another_number_is_refused(tmp_path: Path, monkeypatch: Patch) -> None:
    _stl10(tmp_path, monkeypatch)
    (tmp_path / "stl10_binary/test_y.bin").write_bytes(b"\x01" * 5)
    with pytest.raises(BenchError, match="6 images, but 5 labels"):
        DATASETS.get("stl10")().load("test", Place(tmp_path))


def test_emnists_archive_is_arranged(tmp_path: Path) -> None:
    folder = tmp_path / "EMNIST" / "raw"
    for part in ("letters-test-images-idx3", "letters-test-labels-idx1", "digits-test-labels-idx1"):
        _write(folder / "gzip" / f"emnist-{part}-ubyte.gz", gzip.compress(part.encode()))
    DATASETS.get("emnist-letters")().arrange(tmp_path)
    assert sorted(path.name for path in folder.iterdir()) == [
        "emnist-letters-test-images-idx3-ubyte",
        "emnist-letters-test-labels-idx1-ubyte",
    ]
    assert (folder / "emnist-letters-test-images-idx3-ubyte").read_bytes() == b"letters-test-images-idx3"


def _tar(path: Path, members: dict[str, bytes], mode: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, mode) as packed:  # type: ignore[call-overload]
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            packed.addfile(info, io.BytesIO(content))
    return _md5(path)


def test_imagenets_archives_are_unpacked_into_class_folders(tmp_path: Path, monkeypatch: Patch) -> None:
    pixels, numbers = _pixels(8, 8, 3), ["n03", "n01", "n03", "n02", "n01", "n02"]
    photos = {}
    for place, image in enumerate(pixels):
        buffer = io.BytesIO()
        Image.fromarray(image).save(buffer, format="PNG")
        photos[f"ILSVRC2012_val_{place + 1:08d}.JPEG"] = buffer.getvalue()
    synsets = np.zeros(3, [("id", "i4"), ("wnid", "O"), ("words", "O"), ("gloss", "O"), ("children", "i4")])
    for row, (number, words) in enumerate([("n02", "b, bee"), ("n03", "c, sea"), ("n01", "a, eh")]):
        synsets[row] = (row + 1, number, words, "", 0)
    savemat(tmp_path / "meta.mat", {"synsets": synsets})
    rows = {"n02": 1, "n03": 2, "n01": 3}
    truth = "".join(f"{rows[number]}\n" for number in numbers).encode()
    kit = {"meta.mat": (tmp_path / "meta.mat").read_bytes(), "ILSVRC2012_validation_ground_truth.txt": truth}
    folder = tmp_path / "imagenet"
    names = {"val": "ILSVRC2012_img_val.tar", "devkit": "ILSVRC2012_devkit_t12.tar.gz"}
    made = {
        "val": _tar(folder / names["val"], photos, "w"),
        "devkit": _tar(
            folder / names["devkit"], {f"ILSVRC2012_devkit_t12/data/{name}": body for name, body in kit.items()}, "w:gz"
        ),
    }
    for part, md5 in made.items():
        monkeypatch.setitem(torchvision.datasets.imagenet.ARCHIVE_META, part, (names[part], md5))
    said: list[str] = []
    DATASETS.get("imagenet")().fetch(tmp_path, said.append)
    assert "Unpacking" in said[0]
    images = DATASETS.get("imagenet")().load("test", Place(tmp_path))
    assert images.classes == ("n01", "n02", "n03")
    np.testing.assert_array_equal(images.labels, [0, 0, 1, 1, 2, 2])
    np.testing.assert_array_equal(_read(images), pixels[[1, 4, 3, 5, 0, 2]])


def test_imagenet_leaves_no_half_of_a_split_behind(tmp_path: Path, monkeypatch: Patch) -> None:
    _write(tmp_path / "imagenet" / "ILSVRC2012_img_val.tar", b"")

    def fill_the_disk(root: Path, folder: str) -> None:
        _write(root / folder / "ILSVRC2012_val_00000001.JPEG", b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torchvision.datasets.imagenet, "parse_devkit_archive", lambda root: None)
    monkeypatch.setattr(torchvision.datasets.imagenet, "parse_val_archive", fill_the_disk)
    with pytest.raises(BenchError, match=r"Cannot unpack .*img_val\.tar into .*: No space left on device\. Free space"):
        DATASETS.get("imagenet")().fetch(tmp_path, lambda _: None)
    assert [path.name for path in (tmp_path / "imagenet").iterdir()] == ["ILSVRC2012_img_val.tar"]


def test_imagenet_says_how_it_is_had_and_refuses_damaged_archives(tmp_path: Path) -> None:
    imagenet = DATASETS.get("imagenet")()
    with pytest.raises(BenchError, match=r"cannot be downloaded.*Register at"):
        imagenet.fetch(tmp_path, lambda _: None)
    for name in ("ILSVRC2012_img_val.tar", "ILSVRC2012_devkit_t12.tar.gz"):
        _write(tmp_path / "imagenet" / name, b"rubbish")
    with pytest.raises(BenchError, match="Cannot unpack imagenet's val images"):
        imagenet.fetch(tmp_path, lambda _: None)
