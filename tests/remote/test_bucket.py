"""The objects below an address, on a real server, and what is said where there is none."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bench.address import Address
from bench.errors import BenchError
from bench.remote import RemoteError
from bench.remote.bucket import Bucket

from .conftest import Line


def at(address: str) -> Bucket:
    return Bucket(Address.parse(address))


def test_objects_are_put_read_listed_and_removed(bucket: str, tmp_path: Path) -> None:
    one = at(f"{bucket}/runs/a")
    assert one.entries() == {}
    assert one.read("x") is None
    one.write("cells/x", b"first")
    one.write("cells/x", b"again")
    (tmp_path / "file").write_bytes(b"large")
    one.upload({"scores/y": tmp_path / "file"})
    at(f"{bucket}/runs/ab").write("z", b"a neighbour whose name begins alike")
    assert {name: entry.size for name, entry in one.entries().items()} == {"cells/x": 5, "scores/y": 5}
    assert all(entry.changed > 1.7e9 for entry in one.entries().values())
    assert list(one.entries("cells/")) == ["cells/x"]
    assert dict(one.read_many(["cells/x", "missing", "scores/y"])) == {"cells/x": b"again", "scores/y": b"large"}
    one.download("cells/x", tmp_path / "got")
    assert (tmp_path / "got").read_bytes() == b"again"
    one.remove("cells/x")
    one.remove("cells/x")
    assert list(one.entries()) == ["scores/y"]


def test_of_several_that_create_an_object_one_does(bucket: str) -> None:
    one = at(bucket)
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda number: one.create("x", b"%d" % number), range(16)))
    assert done.count(True) == 1
    assert one.read("x") == b"%d" % done.index(True)


def test_a_bucket_that_is_not_there_is_named(bucket: str) -> None:
    del bucket
    one = at("s3://no-such-bucket")
    acts: list[Callable[[], object]] = [one.entries, lambda: one.write("x", b""), lambda: one.create("x", b"")]
    for act in acts:
        with pytest.raises(RemoteError, match=r"Cannot (list|write) s3://no-such-bucket.*bucket does not exist"):
            act()


def test_missing_credentials_are_named(
    bucket: str, server: int, connect: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    connect(server)
    with pytest.raises(RemoteError, match=r"Cannot write .*/x: Unable to locate credentials"):
        at(bucket).write("x", b"")


def test_missing_rights_are_named(bucket: str, server: int) -> None:
    def ask_for_rights_after(requests: int) -> None:
        url, kind = f"http://127.0.0.1:{server}/moto-api/reset-auth", {"Content-Type": "text/plain"}
        urllib.request.urlopen(urllib.request.Request(url, str(requests).encode(), kind)).close()

    ask_for_rights_after(0)
    try:
        with pytest.raises(RemoteError, match=r"Cannot write .*/x: The AWS Access Key Id you provided does not exist"):
            at(bucket).write("x", b"")
    finally:
        ask_for_rights_after(10**9)


def test_a_server_that_cannot_be_reached_is_named(bucket: str, line: Line) -> None:
    line.cut()
    with pytest.raises(RemoteError, match=r"Cannot list .*Could not connect"):
        at(bucket).entries()


def test_unknown_kinds_of_stores_are_named() -> None:
    with pytest.raises(BenchError, match="Protocol not known: nonsense"):
        at("nonsense://bucket")


def test_a_store_is_tried_for_writes_that_exclude_each_other(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    one = at(bucket)
    assert one.excludes()
    assert one.entries() == {}
    monkeypatch.setattr(Bucket, "create", lambda self, name, content: self.write(name, content) is None)
    assert not one.excludes()
