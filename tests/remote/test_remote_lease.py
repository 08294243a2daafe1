"""A lease at an address is one owner's at a time, and another's when the owner is dead."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from bench.address import Address
from bench.leases import Owner, Watch, heartbeat, lease_text
from bench.remote import lease
from bench.remote.bucket import Bucket
from bench.remote.lease import RemoteLease


def at(address: str) -> Bucket:
    return Bucket(Address.parse(address))


def left_by(owner: Owner, objects: Bucket) -> None:
    objects.write("leases/x/000001.json", lease_text(owner, 0))


def test_a_lease_is_one_owners_at_a_time(bucket: str) -> None:
    objects = at(bucket)
    first = RemoteLease.take(objects, "x", Watch())
    assert first is not None
    assert RemoteLease.take(objects, "x", Watch()) is None
    first.release()
    first.release()
    assert objects.entries() == {}
    with RemoteLease.take(objects, "x", Watch()) or pytest.fail("not free"):
        assert RemoteLease.take(objects, "x", Watch()) is None


def test_one_of_many_takes_over_from_a_dead_owner(bucket: str) -> None:
    """The owner is known to be dead, since it was a process of this machine."""
    objects = at(bucket)
    process = os.fork()
    if not process:
        os._exit(0)
    dead = replace(Owner.new(), pid=process, started="0")
    os.waitpid(process, 0)
    left_by(dead, objects)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: RemoteLease.take(objects, "x", Watch()), range(8)))
    held = [one for one in taken if one is not None]
    assert len(held) == 1
    held[0].release()
    assert objects.entries() == {}


def test_a_lease_that_stands_still_expires(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The owner is on another machine, so that nothing but its heartbeat tells of it."""
    monkeypatch.setattr(heartbeat, "EXPIRY_SECONDS", 0.3)
    objects, watch = at(bucket), Watch()
    left_by(replace(Owner.new(), machine="another"), objects)
    assert RemoteLease.take(objects, "x", watch) is None
    time.sleep(0.35)
    taken = RemoteLease.take(objects, "x", watch)
    assert taken is not None
    taken.release()


def test_a_heartbeat_keeps_a_lease(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(heartbeat, "EXPIRY_SECONDS", 0.5)
    objects, watch = at(bucket), Watch()
    with RemoteLease.take(objects, "x", Watch()) or pytest.fail("not free"):
        for _ in range(8):
            assert RemoteLease.take(objects, "x", watch) is None
            time.sleep(0.1)


def test_an_object_that_is_no_lease_expires_too(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "EXPIRY_SECONDS", 0.0)
    objects = at(bucket)
    objects.write("leases/x/000007.json", b"[]")
    objects.write("leases/x/../../y", b"")
    taken = RemoteLease.take(objects, "x", Watch())
    assert taken is not None
    assert "leases/x/000008.json" in objects.entries()
    taken.release()
