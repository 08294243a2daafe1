"""Malformed lists of images, CSV tables, shards and the names of shards."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bench.data.bindings import parse_binding
from bench.data.brace_expansion import expanded
from bench.data.images import Images
from bench.data.kinds.csv import Csv
from bench.data.kinds.imglist import ImgList
from bench.data.kinds.webdataset import WebDataset
from bench.errors import BenchError
from tests.fuzz.hostile import TEXTS, mutated_bytes
from tests.fuzz.survive import budget, nothing_outside, survives


def picture() -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.full((3, 3, 3), 7, np.uint8)).save(file, "PNG")
    return file.getvalue()


def tar(*members: tuple[str, bytes], pax: dict[str, str] | None = None) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT, pax_headers=pax) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def member(name: str, kind: bytes, **facts: object) -> bytes:
    """A shard with one member of this kind, such as a link or a device."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.type = kind
        for key, value in facts.items():
            setattr(info, key, value)
        archive.addfile(info)
    return file.getvalue()


SHARD = tar(("a.png", picture()), ("a.cls", b"1"), ("b.png", picture()), ("b.cls", b"0"))
lines = st.lists(st.tuples(st.sampled_from(["a.png", *TEXTS]), st.sampled_from(["0", "-1", "1", *TEXTS])), max_size=6)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").write_bytes(picture())
    return tmp_path / "in"


def reads(images: object) -> None:
    if isinstance(images, Images):
        assert images.labels is None or (len(images.labels) == len(images) and images.labels.min() >= 0)
        survives(lambda: images.read(np.arange(len(images))))


@budget(60)
@given(
    content=st.one_of(
        mutated_bytes(b"a.png 0\na.png 1\n"),
        lines.map(lambda rows: "\n".join(" ".join(row) for row in rows).encode("utf-8", "replace")),
    )
)
def test_image_lists(home: Path, content: bytes) -> None:
    (home / "list.txt").write_bytes(content)
    with nothing_outside(home):
        reads(survives(lambda: ImgList(str(home / "list.txt"), {}).open("test")))


@budget(60)
@given(
    content=st.one_of(
        mutated_bytes(b'path,label\na.png,0\n"a.png",1\n'),
        lines.map(lambda rows: "path,label\n" + "\n".join(",".join(row) for row in rows)).map(
            lambda text: text.encode("utf-8", "replace")
        ),
    )
)
def test_csv_tables(home: Path, content: bytes) -> None:
    (home / "table.csv").write_bytes(content)
    with nothing_outside(home):
        reads(survives(lambda: Csv(str(home / "table.csv"), {}).open("test")))


@budget(60)
@given(content=mutated_bytes(SHARD))
def test_changed_shards(home: Path, content: bytes) -> None:
    (home / "a.tar").write_bytes(content)
    with nothing_outside(home):
        reads(survives(lambda: WebDataset(str(home / "a.tar"), {}).open("test")))


PICTURE = picture()
ODD_SHARDS = {
    "a name that leads up": tar(("../a.png", PICTURE)),
    "an absolute name": tar(("/a.png", PICTURE)),
    "a name with NUL": tar(("a\0b.png", PICTURE)),
    "a symbolic link": member("a.png", tarfile.SYMTYPE, linkname="/etc/hostname"),
    "a hard link": member("a.png", tarfile.LNKTYPE, linkname="/etc/hostname"),
    "a device": member("a.png", tarfile.BLKTYPE, devmajor=8, devminor=0),
    "a pipe": member("a.png", tarfile.FIFOTYPE),
    "a kind that is unknown": member("a.png", b"Z"),
    "a label of many digits": tar(("a.png", PICTURE), ("a.cls", b"9" * 1000)),
    "a label beyond 64 bits": tar(("a.png", PICTURE), ("a.cls", b"9" * 30)),
    "a label in other digits": tar(("a.png", PICTURE), ("a.cls", "٣".encode())),
    "a label too long": tar(("a.png", PICTURE), ("a.cls", b"1" * 5000)),
    "a negative label": tar(("a.png", PICTURE), ("a.cls", b"-1")),
    "no images": tar(("a.txt", b"x")),
    "nothing": tar(),
    "two images of one name": tar(("a.png", PICTURE), ("a.jpg", PICTURE)),
    "a sample twice": tar(("a.png", PICTURE), ("b.png", PICTURE), ("a.png", PICTURE)),
    "half of the labels": tar(("a.png", PICTURE), ("a.cls", b"1"), ("b.png", PICTURE)),
    "a size in its extended header": tar(("a.png", PICTURE), pax={"size": str(10**15)}),
    "a size that is none": tar(("a.png", PICTURE), pax={"size": "many"}),
    "a name in its extended header": tar(("a.png", PICTURE), pax={"path": "../../outside.png"}),
    "sparse parts": tar(("a.png", PICTURE), pax={"GNU.sparse.map": "0,9999999999", "GNU.sparse.size": "9999999999"}),
    "a gzip": b"\x1f\x8b" + bytes(100),
    "a pickle": tar(("a.png", PICTURE), ("a.pyd", b"\x80\x04cos\nsystem\n(S'touch outside'\ntR.")),
}


HARMLESS = ("a pickle", "a size that is none")
"""Those whose images are read: what is odd about them is passed over."""


@pytest.mark.parametrize("name", sorted(ODD_SHARDS))
def test_odd_shards(home: Path, name: str) -> None:
    (home / "a.tar").write_bytes(ODD_SHARDS[name])
    with nothing_outside(home):
        found = survives(lambda: WebDataset(str(home / "a.tar"), {}).open("test"))
    assert isinstance(found, BenchError) == (name not in HARMLESS), found


@pytest.mark.parametrize(
    "text",
    ["{1..99999}{1..99999}.tar", "{a,b}" * 40, "{1..1}" * 5000, "{" * 5000, "{0..999999999999999999999}", "{a",
     "{}", "{..}", "{-1..3}", "{1..2}" + "9" * 5000, "{" + "9" * 5000 + "..1}", "{a,b,{c,d}}"],
    ids=lambda text: text[:20],
)  # fmt: skip
def test_names_of_shards_stand_for_few(text: str) -> None:
    found = survives(lambda: expanded(text))
    assert isinstance(found, BenchError) or len(found) <= 100_000


@budget(60)
@given(
    parts=st.tuples(
        st.sampled_from(["x", *TEXTS]),
        st.sampled_from(["=", "", "=="]),
        st.sampled_from(["folder", "npz", "csv", "imglist", "webdataset", "hf", *TEXTS]),
        st.sampled_from([":", "", "::"]),
        st.sampled_from(["in", *TEXTS]),
    )
)
def test_bindings(home: Path, parts: tuple[str, ...]) -> None:
    with nothing_outside(home):
        survives(lambda: parse_binding("".join(parts), home))
