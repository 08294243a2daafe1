"""WebDataset shards: the library's own writer, a server on this machine, and archives that are wrong or hostile."""

from __future__ import annotations

import io
import tarfile
import threading
import tracemalloc
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bench.data.bindings import parse_binding
from bench.data.bound import BoundSet
from bench.data.dataset import Place
from bench.data.images import Images
from bench.errors import BenchError
from bench.optional import optional_module

PIXELS = np.random.default_rng(0).integers(0, 256, (7, 8, 8, 3), dtype=np.uint8)


def _png(place: int) -> bytes:
    memory = io.BytesIO()
    Image.fromarray(PIXELS[place]).save(memory, "PNG")
    return memory.getvalue()


def _load(source: object) -> Images:
    return BoundSet(parse_binding(f"mine=webdataset:{source}")).load("test", Place(Path()))


def _tar(path: Path, *members: tuple[str, bytes], **attributes: Any) -> Path:
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            for key, value in attributes.items():
                setattr(info, key, value)
            archive.addfile(info, io.BytesIO(content))
    return path


@pytest.mark.filterwarnings("ignore")
def test_shards_of_the_library_itself_are_read(tmp_path: Path) -> None:
    webdataset = optional_module("webdataset", extra="dev", purpose="to write shards")

    with webdataset.ShardWriter(str(tmp_path / "s-%02d.tar"), maxcount=3, verbose=0) as writer:
        for place in range(7):
            writer.write({"__key__": f"class/{place:04d}", "png": PIXELS[place], "cls": place % 4, "txt": "a text"})
    images = _load(tmp_path / "s-{00..02}.tar")
    np.testing.assert_array_equal(images.read(np.arange(7)), PIXELS)
    assert images.labels is not None
    assert images.labels.tolist() == [0, 1, 2, 3, 0, 1, 2]
    assert images.sample_id(3) == "s-01.tar/class/0003.png"
    by_library = webdataset.WebDataset(str(tmp_path / "s-{00..02}.tar"), shardshuffle=False).decode("rgb8")
    np.testing.assert_array_equal([sample["png"] for sample in by_library], PIXELS)


def test_several_names_may_follow_each_other(tmp_path: Path) -> None:
    first, second = _tar(tmp_path / "a.tar", ("0.png", _png(0))), _tar(tmp_path / "b.tar", ("0.png", _png(1)))
    np.testing.assert_array_equal(_load(f"{second}::{first}").read(np.arange(2)), PIXELS[[1, 0]])
    with pytest.raises(BenchError, match=r"a\.tar is given twice"):
        _load(f"{first}::{first}")


def test_long_names_folders_and_hidden_files_do_no_harm(tmp_path: Path) -> None:
    long = "x" * 150 + "/" + "y" * 120 + ".ä.png"
    path = _tar(tmp_path / "a.tar", ("__meta__.json", b"{}"), (".hidden.png", b""), ("README", b""), (long, _png(0)))
    with tarfile.open(path, "a") as archive:
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
    np.testing.assert_array_equal(_load(path).read(np.array([0])), PIXELS[:1])


def test_memory_holds_a_batch_and_not_the_shards(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (256, 256, 3), dtype=np.uint8)
    memory = io.BytesIO()
    Image.fromarray(noise).save(memory, "BMP")
    members = [(f"{place:04d}.bmp", memory.getvalue()) for place in range(150)]
    path = _tar(tmp_path / "a.tar", *members)
    size = path.stat().st_size
    del members
    tracemalloc.start()
    images = _load(path)
    opened = tracemalloc.get_traced_memory()[0]
    _ = images.identity
    for start in range(0, 150, 5):
        images.read(np.arange(start, start + 5))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert opened < size / 50
    assert peak < size / 5


HOSTILE: dict[str, tuple[str, dict[str, Any], str]] = {
    "absolute": ("/etc/a.png", {}, "leads elsewhere"),
    "upwards": ("x/../../a.png", {}, "leads elsewhere"),
    "link": ("a.png", {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}, "no plain file"),
    "hard link": ("a.png", {"type": tarfile.LNKTYPE, "linkname": "b.png"}, "no plain file"),
    "device": ("a.png", {"type": tarfile.CHRTYPE}, "no plain file"),
    "pipe": ("a.png", {"type": tarfile.FIFOTYPE}, "no plain file"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_members_are_refused_and_named(tmp_path: Path, case: str) -> None:
    name, attributes, message = HOSTILE[case]
    with pytest.raises(BenchError, match=message) as caught:
        _load(_tar(tmp_path / "a.tar", (name, b""), **attributes))
    assert name in str(caught.value)


WRONG: dict[str, tuple[list[tuple[str, bytes]], str]] = {
    "no image": ([("a.cls", b"1"), ("b.png", b"")], "sample 'a' .* has no image, but must have one: a.cls"),
    "two images": ([("a.png", b""), ("a.left.jpg", b"")], "has 2 images"),
    "same key": ([("a.png", b""), ("b.png", b""), ("a.png", b"")], "two samples called 'a'"),
    "label of letters": ([("a.png", b""), ("a.cls", b"dog")], "a.cls .* number of a class from 0 on, not 'dog'"),
    "negative label": ([("a.png", b""), ("a.cls", b"-1")], "not '-1'"),
    "half labelled": ([("a.png", b""), ("a.cls", b"1"), ("b.png", b"")], r"others have none, such as a\.tar/b\.png"),
    "nothing": ([], "holds no images"),
    "no samples": ([("README", b"")], "holds no images"),
    "a huge label": ([("a.png", b""), ("a.cls", b"1" * 5000)], "'a.cls' has 5,000 bytes"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_samples_are_named(tmp_path: Path, case: str) -> None:
    members, message = WRONG[case]
    with pytest.raises(BenchError, match=message):
        _load(_tar(tmp_path / "a.tar", *members))


def test_a_header_that_claims_too_much_does_not_fill_the_memory(tmp_path: Path) -> None:
    info = tarfile.TarInfo("a.png")
    info.size = 1 << 40
    (tmp_path / "a.tar").write_bytes(info.tobuf() + b"x" * 512)
    with pytest.raises(BenchError, match="too much"):
        _load(tmp_path / "a.tar")


@pytest.mark.parametrize("cut", [100, 512, 700, 1024, 1600, 2048])
def test_cut_archives_are_noticed_wherever_they_are_cut(tmp_path: Path, cut: int) -> None:
    path = _tar(tmp_path / "a.tar", *((f"{place}.png", _png(place)) for place in range(7)))
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(BenchError, match=r"a\.tar"):
        _load(path)


def test_damage_between_members_is_noticed(tmp_path: Path) -> None:
    path = _tar(tmp_path / "a.tar", *((f"{place}.png", _png(place)) for place in range(7)))
    with tarfile.open(path) as archive:
        header = archive.getmembers()[4].offset
    content = bytearray(path.read_bytes())
    content[header + 150] ^= 255
    path.write_bytes(content)
    with pytest.raises(BenchError, match=r"a\.tar .*damaged"):
        _load(path)


@pytest.mark.parametrize("content", [b"", b"rubbish" * 300, b"\x1f\x8b\x08rest"])
def test_what_is_no_tar_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.tar").write_bytes(content)
    with pytest.raises(BenchError, match=r"a\.tar"):
        _load(tmp_path / "a.tar")


def test_a_compressed_archive_is_refused_with_advice(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("a.png"))
    with pytest.raises(BenchError, match="Decompress it"):
        _load(tmp_path / "a.tar.gz")


def test_a_shard_that_changes_under_the_run_is_noticed(tmp_path: Path) -> None:
    path = _tar(tmp_path / "a.tar", ("a.png", _png(0)))
    images = _load(path)
    _tar(path, ("a.png", _png(1)))
    with pytest.raises(BenchError, match="has changed"):
        images.read(np.array([0]))


@pytest.mark.parametrize("address", ["pipe:cat x.tar", "http://example.org/a.tar", "s3://x/a.tar", "file:///a.tar"])
def test_only_files_and_https_are_read(address: str) -> None:
    with pytest.raises(BenchError, match="https"):
        parse_binding(f"mine=webdataset:{address}")


def test_addresses_stay_and_paths_count_from_the_folder(tmp_path: Path) -> None:
    found = parse_binding("mine=webdataset:https://host/{0..1}.tar::a.tar", tmp_path)
    assert found.source == f"https://host/{{0..1}}.tar::{tmp_path}/a.tar"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, _Server)
        content, wanted = server.content, self.headers.get("Range")
        server.ranges.append(wanted)
        status = 200
        if wanted and server.sends_ranges:
            first, last = wanted.removeprefix("bytes=").split("-")
            status, content = 206, content[int(first) : int(last) + 1]
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


class _Server(ThreadingHTTPServer):
    content = b""
    sends_ranges = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.ranges: list[str | None] = []


@pytest.fixture
def server() -> Iterator[_Server]:
    with _Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def test_an_address_is_read_once_and_then_in_pieces(tmp_path: Path, server: _Server) -> None:
    path = _tar(tmp_path / "a.tar", *((f"{place}.png", _png(place)) for place in range(7)))
    server.content = path.read_bytes()
    images = _load(f"http://127.0.0.1:{server.server_port}/a.tar")
    assert [one for one in server.ranges if one is None] == [None]
    np.testing.assert_array_equal(images.read(np.arange(7)), PIXELS)
    assert len(server.ranges) == 3  # the whole, the end mark, and one piece for the batch
    assert images.identity == _load(path).identity
    server.content = server.content[:1500]
    with pytest.raises(BenchError, match="has changed"):
        images.read(np.arange(7))


def test_a_server_without_pieces_is_refused(tmp_path: Path, server: _Server) -> None:
    server.content = _tar(tmp_path / "a.tar", ("a.png", _png(0))).read_bytes()
    server.sends_ranges = False
    with pytest.raises(BenchError, match="does not send parts of files"):
        _load(f"http://127.0.0.1:{server.server_port}/a.tar")


def test_a_silent_address_is_named(server: _Server) -> None:
    port = server.server_port
    server.server_close()
    with pytest.raises(BenchError, match=rf"Cannot read the shard http://127\.0\.0\.1:{port}/a\.tar"):
        _load(f"http://127.0.0.1:{port}/a.tar")
