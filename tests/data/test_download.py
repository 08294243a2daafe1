"""Downloads from a real server on this machine that answers well, badly, and not at all."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from bench.data.download import Archive, download, file_digest, readable_bytes
from bench.errors import BenchError

CONTENT = b"0123456789abcdef" * 5000
MD5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()


@pytest.fixture(autouse=True)
def _content(server: Any) -> None:
    server.content = CONTENT


def _archive(server: Any, path: str = "/file.bin", **changes: object) -> Archive:
    facts: dict[str, object] = {"path": "sub/file.bin", "md5": MD5, "size": len(CONTENT), **changes}
    return Archive(f"{server.url}{path}", **facts)  # type: ignore[arg-type]


def test_the_size_is_said_first_and_the_file_arrives_whole(server: Any, tmp_path: Path) -> None:
    said: list[str] = []

    def say(text: str) -> None:
        said.append(f"{len(server.requests)} {text}")

    path = download(_archive(server), tmp_path, say)
    assert path == tmp_path / "sub" / "file.bin"
    assert path.read_bytes() == CONTENT
    assert said[0].startswith("0 Downloading 80.0 kB from ")
    assert [entry.name for entry in path.parent.iterdir()] == ["file.bin"]


def test_a_whole_file_is_not_asked_for_again(server: Any, tmp_path: Path) -> None:
    download(_archive(server), tmp_path, lambda _: None)
    download(_archive(server), tmp_path, lambda _: None)
    assert server.requests == ["/file.bin"]


@pytest.mark.parametrize("damaged", [b"", CONTENT[:-1], CONTENT + b"x", CONTENT[::-1]])
def test_a_damaged_file_is_noticed_and_fetched_again(server: Any, tmp_path: Path, damaged: bytes) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "file.bin").write_bytes(damaged)
    said: list[str] = []
    assert download(_archive(server), tmp_path, said.append).read_bytes() == CONTENT
    assert "damaged" in said[0]


@pytest.mark.parametrize("body", [CONTENT[:1000], b"", CONTENT[::-1]])
def test_a_cut_or_changed_transfer_leaves_nothing_and_the_next_try_succeeds(
    server: Any, tmp_path: Path, body: bytes
) -> None:
    server.answers.append(body)
    with pytest.raises(BenchError, match=r"Try again"):
        download(_archive(server), tmp_path, lambda _: None)
    assert list((tmp_path / "sub").iterdir()) == []
    assert download(_archive(server), tmp_path, lambda _: None).read_bytes() == CONTENT


def test_a_leftover_of_an_interrupted_download_does_no_harm(server: Any, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "file.bin.part").write_bytes(CONTENT[:777])
    assert download(_archive(server), tmp_path, lambda _: None).read_bytes() == CONTENT
    assert not (tmp_path / "sub" / "file.bin.part").exists()


def test_a_refusal_and_silence_are_said(server: Any, tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"absent.*404"):
        download(_archive(server, "/absent"), tmp_path, lambda _: None)
    server.shutdown()
    server.server_close()
    with pytest.raises(BenchError, match="Cannot download"):
        download(_archive(server), tmp_path, lambda _: None)


@pytest.mark.parametrize("url", ["http://example.invalid/a", "ftp://example.invalid/a", "file:///etc/hostname"])
def test_only_https_is_used(tmp_path: Path, url: str) -> None:
    with pytest.raises(BenchError, match="only https"):
        download(Archive(url, "a", MD5, 10), tmp_path, lambda _: None)
    assert not (tmp_path / "a").exists()


def test_a_redirect_is_followed_but_not_to_plain_http(server: Any, tmp_path: Path) -> None:
    assert download(_archive(server, "/to?/file.bin"), tmp_path, lambda _: None).read_bytes() == CONTENT
    (tmp_path / "sub" / "file.bin").unlink()
    with pytest.raises(BenchError, match="only https"):
        download(_archive(server, "/to?http://example.invalid/a"), tmp_path, lambda _: None)


def test_too_little_space_is_said_before_anything_is_asked_for(server: Any, tmp_path: Path) -> None:
    needed = shutil.disk_usage(tmp_path).total * 2
    with pytest.raises(BenchError, match=r"No space in .*are needed.*are free"):
        download(_archive(server, size=needed), tmp_path, lambda _: None)
    assert server.requests == []


def test_a_disk_that_fills_up_is_not_blamed_on_the_connection(
    server: Any, tmp_path: Path, full_disk: Callable[[], AbstractContextManager[None]]
) -> None:
    with (
        full_disk(),
        pytest.raises(BenchError, match=r"Cannot write .*file\.bin: File too large\. Free space or choose"),
    ):
        download(_archive(server), tmp_path, lambda _: None)
    assert list((tmp_path / "sub").iterdir()) == []
    assert download(_archive(server), tmp_path, lambda _: None).read_bytes() == CONTENT


def test_a_folder_that_cannot_be_written_to_is_said_before_anything_is_asked_for(server: Any, tmp_path: Path) -> None:
    (tmp_path / "sub").write_text("a file")
    with pytest.raises(BenchError, match=r"Cannot write to .*sub: it is a file, not a folder\. Choose another"):
        download(_archive(server), tmp_path, lambda _: None)
    assert server.requests == []


def test_a_big_download_reports_how_far_it_is(server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.data.download._QUIET_BELOW", 1000)
    monkeypatch.setattr("bench.data.download._CHUNK", 4000)
    said: list[str] = []
    download(_archive(server), tmp_path, said.append)
    assert said[1:] == [f"{8 * tenth}.0 kB of 80.0 kB" for tenth in range(1, 11)]


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (170_498_071, "170.5 MB"),
        (2_640_397_119, "2.6 GB"),
        (5 * 10**15, "5000.0 TB"),
    ],
)
def test_sizes_for_people(count: int, text: str) -> None:
    assert readable_bytes(count) == text


def test_digests_are_hashlibs(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(CONTENT)
    assert file_digest(tmp_path / "a", "md5") == MD5
    assert file_digest(tmp_path / "a", "sha256") == hashlib.sha256(CONTENT).hexdigest()
