"""Hugging Face data sets in folders and in the hub's cache, by the real client library and without any network."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bench.data.bindings import parse_binding, parse_bindings
from bench.data.bound import BoundSet
from bench.data.broken import usable
from bench.data.dataset import Place
from bench.data.images import Images
from bench.errors import BenchError, MissingDataError
from bench.optional import optional_module

datasets, pyarrow, parquet = (
    optional_module(name, extra="hf", purpose="to write such data sets")
    for name in ("datasets", "pyarrow", "pyarrow.parquet")
)

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 3), dtype=np.uint8)
CLASSES = ["ship", "cat", "dog"]
FEATURES = datasets.Features({"img": datasets.Image(), "label": datasets.ClassLabel(names=CLASSES)})


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked for something")

    monkeypatch.setattr("socket.socket.connect", refuse)


def _parquet(folder: Path, split: str, places: list[int], features: Any = FEATURES, **columns: list[Any]) -> Path:
    (folder / "data").mkdir(parents=True, exist_ok=True)
    found = columns or {
        "img": [Image.fromarray(PIXELS[place]) for place in places],
        "label": [place % 3 for place in places],
    }
    path = folder / "data" / f"{split}-00000-of-00001.parquet"
    datasets.Dataset.from_dict(found, features=features).to_parquet(path)
    return folder


def _bound(source: object, **options: str) -> BoundSet:
    return BoundSet(parse_bindings({"mine": {"hf": str(source), **options}}, Path("bench.toml"))["mine"])


def _load(source: object, split: str = "test", **options: str) -> Images:
    return _bound(source, **options).load(split, Place(Path()))


def test_splits_columns_and_classes_are_found(tmp_path: Path) -> None:
    folder = _parquet(_parquet(tmp_path / "set", "train", [0, 1, 2, 3]), "test", [4, 5])
    test, train = _load(folder), _load(folder, "train")
    np.testing.assert_array_equal(test.read(np.arange(2)), PIXELS[4:])
    np.testing.assert_array_equal(train.read(np.arange(4)), PIXELS[:4])
    assert test.classes == tuple(CLASSES)
    assert test.labels is not None
    assert test.labels.tolist() == [1, 2]
    assert test.sample_id(1) == "test[1]"
    np.testing.assert_array_equal(_load(f"{folder}:train:img").read(np.arange(4)), PIXELS[:4])


def test_a_folder_of_images_is_a_data_set_too(tmp_path: Path) -> None:
    for place, (split, name) in enumerate([("test", "cat"), ("test", "dog"), ("train", "cat")]):
        (tmp_path / "set" / split / name).mkdir(parents=True, exist_ok=True)
        Image.fromarray(PIXELS[place]).save(tmp_path / "set" / split / name / "a.png")
    images = _load(tmp_path / "set")
    np.testing.assert_array_equal(images.read(np.arange(2)), PIXELS[:2])
    assert images.classes == ("cat", "dog")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{}:tst", r"Unknown split of .* 'tst'\. Did you mean 'test'"),
        ("{}:test:imgs", r"Unknown column of images in .* 'imgs'\. Did you mean 'img'"),
        ("{}:test:label", "Unknown column of images"),
        ("{}:test:img:more", "Write hf:DATASET"),
    ],
)
def test_wrong_splits_and_columns_are_named(tmp_path: Path, source: str, message: str) -> None:
    folder = _parquet(tmp_path / "set", "test", [0, 1])
    with pytest.raises(BenchError, match=message):
        _load(source.format(folder))


def test_which_split_is_the_test_is_asked_where_it_is_not_clear(tmp_path: Path) -> None:
    one = _parquet(tmp_path / "one", "train", [0, 1])
    assert len(_load(one)) == 2
    with pytest.raises(BenchError, match="gives only test images"):
        _load(one, "train")
    two = _parquet(_parquet(tmp_path / "two", "a", [0]), "b", [1])
    with pytest.raises(BenchError, match=r"has the splits a, b\. Say which"):
        _load(two)


def test_several_columns_of_images_or_none_are_asked_about(tmp_path: Path) -> None:
    picture = [Image.fromarray(PIXELS[0])]
    both = datasets.Features({"a": datasets.Image(), "b": datasets.Image()})
    folder = _parquet(tmp_path / "two", "test", [], both, a=picture, b=[Image.fromarray(PIXELS[1])])
    with pytest.raises(BenchError, match="has the columns of images a, b"):
        _load(folder)
    np.testing.assert_array_equal(_load(f"{folder}:test:b").read(np.array([0])), PIXELS[1:2])
    words = datasets.Features({"text": datasets.Value("string")})
    with pytest.raises(BenchError, match="has no column of images"):
        _load(_parquet(tmp_path / "none", "test", [], words, text=["a"]))


def test_labels_may_be_numbers_names_or_secret(tmp_path: Path) -> None:
    picture = [Image.fromarray(one) for one in PIXELS[:2]]

    def labelled(name: str, kind: Any, values: list[Any], **options: str) -> Images:
        features = datasets.Features({"img": datasets.Image(), "fine": kind})
        return _load(_parquet(tmp_path / name, "test", [], features, img=picture, fine=values), **options)

    number, text = datasets.Value("int64"), datasets.Value("string")
    assert labelled("a", number, [3, 1]).labels is None  # nothing says that this column holds labels
    numbers = labelled("b", number, [3, 1], label="fine")
    names = labelled("c", text, ["x", "w"], label="fine")
    assert numbers.labels is not None
    assert names.labels is not None
    assert (numbers.labels.tolist(), names.labels.tolist(), names.classes) == ([3, 1], [1, 0], ("w", "x"))
    assert labelled("d", datasets.ClassLabel(names=CLASSES), [-1, -1]).labels is None
    with pytest.raises(BenchError, match="holds -1 in row 1"):
        labelled("e", datasets.ClassLabel(names=CLASSES), [2, -1])
    with pytest.raises(BenchError, match=r"holds 0\.5 in row 0"):
        labelled("f", datasets.Value("float64"), [0.5, 1.0], label="fine")
    with pytest.raises(BenchError, match=r"Unknown column in .* 'fin'"):
        labelled("g", number, [0, 1], label="fin")


def test_a_missing_picture_and_one_from_elsewhere_are_broken_and_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(b"secret")
    elsewhere, gone = {"path": str(tmp_path / "secret.png"), "bytes": None}, {"path": "gone.png", "bytes": None}
    _write([_record(Image.fromarray(PIXELS[0])), None, elsewhere, gone], tmp_path / "set")
    images = _load(tmp_path / "set")
    assert set(images.broken()) == {1, 2, 3}
    assert "missing in the table" in images.broken()[1]
    assert "is not one of the data set" in images.broken()[2]
    assert len(usable(images, "mine", skip_broken=True)) == 1


def _record(image: Image.Image) -> dict[str, Any]:
    memory = io.BytesIO()
    image.save(memory, "PNG")
    return {"path": None, "bytes": memory.getvalue()}


def _write(pictures: list[dict[str, Any] | None], folder: Path) -> None:
    """A parquet file whose column says that it holds images, with what is in it untouched."""
    kind = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
    said = {"huggingface": json.dumps({"info": {"features": {"img": {"_type": "Image"}}}})}
    table = pyarrow.table({"img": pyarrow.array(pictures, type=kind)}).replace_schema_metadata(said)
    folder.mkdir()
    parquet.write_table(table, folder / "test.parquet")


def test_a_script_is_never_run(tmp_path: Path) -> None:
    folder = _parquet(tmp_path / "set", "test", [0])
    (folder / "set.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    with pytest.raises(BenchError, match="such are never run"):
        _load(folder)
    assert not (tmp_path / "ran").exists()


def test_a_folder_that_is_no_data_set_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "README.md").write_text("nothing here")
    with pytest.raises(BenchError, match="Cannot read the Hugging Face data set"):
        _load(tmp_path / "set")


def _cached(hub: Path, name: str, places: list[int]) -> None:
    """A data set in the layout that the hub's client leaves behind: blobs, snapshots of links to them, and refs."""
    repository = hub / f"datasets--{name.replace('/', '--')}"
    made = _parquet(hub / "made", "test", places) / "data" / "test-00000-of-00001.parquet"
    revision = "0123456789abcdef0123456789abcdef01234567"
    (repository / "blobs").mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(revision)
    blob = made.rename(repository / "blobs" / "b10b")
    link = repository / "snapshots" / revision / "data" / made.name
    link.parent.mkdir(parents=True)
    link.symlink_to(blob)


def test_a_name_means_what_the_hubs_client_has_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    _cached(tmp_path / "hub", "owner/pictures", [3, 4])
    binding = parse_binding("mine=hf:owner/pictures:test", tmp_path)
    assert binding.source == "owner/pictures:test"
    images = BoundSet(binding).load("test", Place(Path()))
    np.testing.assert_array_equal(images.read(np.arange(2)), PIXELS[3:5])
    assert [file.state for file in BoundSet(binding).status(tmp_path)] == ["ok"]


def test_a_name_that_is_not_here_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    with pytest.raises(MissingDataError, match="hf download owner/pictures --repo-type dataset"):
        _load("owner/pictures")
    assert [file.state for file in _bound("owner/pictures").status(tmp_path)] == ["missing"]
    with pytest.raises(BenchError, match="neither a folder nor the name"):
        _load("own er/../x")


def test_without_the_library_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.optional.find_spec", lambda _: None)
    with pytest.raises(BenchError, match=r"oodbench\[hf\]"):
        _load(_parquet(tmp_path / "set", "test", [0]))
