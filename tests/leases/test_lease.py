"""A lease is one process's at a time, is another's soon after its owner's death, and does not depend on clocks."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bench.errors import BenchError
from bench.leases import Lease, LeaseLostError, Owner, Watch, heartbeat, turn

HOLDER = """
import sys, time
from pathlib import Path
from bench.leases import Lease, lease
lease.BEAT_SECONDS = 0.02
held = Lease.take(Path(sys.argv[1]))
print("held" if held else "not held", flush=True)
time.sleep(60)
"""

RACER = """
import sys, time
from pathlib import Path
from bench.leases import Lease
path, start = Path(sys.argv[1]), float(sys.argv[2])
while time.time() < start:
    pass
for number in range(200):
    held = Lease.take(path / str(number))
    if held is not None:
        print(number)
time.sleep(2)
"""


def holder(path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_lease_is_one_owners_at_a_time(tmp_path: Path) -> None:
    first = Lease.take(tmp_path / "x.lease")
    assert first is not None
    assert first.is_held()
    assert Lease.take(tmp_path / "x.lease") is None
    assert Lease.holder(tmp_path / "x.lease") == first.owner
    first.release()
    first.release()
    assert list(tmp_path.iterdir()) == []
    second = Lease.take(tmp_path / "x.lease")
    assert second is not None
    with second:
        assert not first.is_held()


def test_of_processes_that_try_at_once_one_gets_it(tmp_path: Path) -> None:
    start = str(time.time() + 3)
    command = [sys.executable, "-c", RACER, str(tmp_path), start]
    racers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    got = [int(line) for racer in racers for line in racer.communicate()[0].split()]
    assert sorted(got) == list(range(200))
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".tmp"] == []


def test_a_killed_owners_lease_is_taken_at_once(tmp_path: Path) -> None:
    path = tmp_path / "x.lease"
    with holder(path) as process:
        assert Lease.take(path) is None
        process.kill()
        while (taken := Lease.take(path)) is None:  # until the system has buried it
            time.sleep(0.01)
        taken.release()


def test_an_owner_that_stands_still_loses_its_lease_and_one_that_lives_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped, a process is there but does not count up; by whose clock that happens does not matter."""
    monkeypatch.setattr(heartbeat, "EXPIRY_SECONDS", 2.0)
    path, watch = tmp_path / "x.lease", Watch()
    with holder(path) as process:
        end = time.monotonic() + 4
        while time.monotonic() < end:
            os.utime(path, (0, 0))
            assert Lease.take(path, watch) is None
            time.sleep(0.05)
        process.send_signal(signal.SIGSTOP)
        stopped = time.monotonic()
        while (taken := Lease.take(path, watch)) is None:
            time.sleep(0.05)
        assert time.monotonic() - stopped >= 1.5
        process.send_signal(signal.SIGCONT)
        time.sleep(0.2)
        assert taken.is_held(), "the one that woke up writes into its own file only"
        taken.release()
        assert not path.exists()
        process.kill()


def test_a_lease_that_was_lost_is_not_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "EXPIRY_SECONDS", 0.0)
    path = tmp_path / "x.lease"
    first = Lease.take(path)
    second = Lease.take(path)
    assert first is not None
    assert second is not None
    with pytest.raises(LeaseLostError):
        first.require_held()
    first.release()
    second.require_held()
    second.release()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"pid": -1}', '{"pid": "x", "beat": 3}', "\x00\xff"])
def test_what_is_no_lease_expires_like_one(tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.lease"
    path.write_bytes(text.encode("latin-1"))
    assert Lease.take(path) is None
    assert Lease.holder(path) is None
    monkeypatch.setattr(heartbeat, "EXPIRY_SECONDS", 0.0)
    taken = Lease.take(path)
    assert taken is not None
    taken.release()


def test_owners_of_other_machines_count_as_alive() -> None:
    owner = Owner.new()
    assert not owner.has_ended()
    assert Owner.from_dict(json.loads(json.dumps(owner.to_dict()))) == owner
    data = owner.to_dict()
    assert Owner.from_dict({**data, "started": "1"}).has_ended(), "another process has that number now"
    assert Owner.from_dict({**data, "pid": 2**22 + 1}).has_ended()
    assert not Owner.from_dict({**data, "pid": 2**22 + 1, "machine": "another"}).has_ended()


def test_who_waits_takes_what_another_made(tmp_path: Path) -> None:
    path, made = tmp_path / "x.lease", tmp_path / "x"
    first = turn(path, made.exists, "x")
    assert first is not None

    def finish() -> None:
        time.sleep(0.3)
        made.touch()
        first.release()

    thread = threading.Thread(target=finish)
    thread.start()
    assert turn(path, made.exists, "x") is None
    thread.join()
    assert not path.exists()


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BenchError, match="Not a directory"):
        Lease.take(tmp_path / "file" / "x.lease")
