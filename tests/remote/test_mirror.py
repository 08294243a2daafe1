"""Results come to the address as they are written, come back on another machine, and wait where it is out of reach."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import s3fs

from bench.address import Address
from bench.errors import BenchError
from bench.remote import RemoteError, fetched_folder, fetched_results, mirror_of, put_reports, settle
from bench.remote.bucket import Bucket
from bench.remote.names import is_result
from bench.report import CellScores
from bench.sealed import DamagedFileError
from bench.store import Store

from .conftest import SECRET, Line

Machine = Callable[[str], Path]
KEY, OTHER = "0" * 32, "f" * 32


def scores(seed: int = 0) -> CellScores:
    stream = np.random.default_rng(seed)
    return CellScores(stream.normal(1, 1, 9), stream.normal(0, 1, 7), stream.random(9) < 0.5)


def record(auroc: float = 0.1 + 0.2) -> dict[str, Any]:
    return {"slot": "a slot", "row": {"auroc": auroc}}


def names(address: str) -> set[str]:
    return set(Bucket(Address.parse(address)).entries())


def test_a_cell_is_at_the_address_as_soon_as_it_is_kept(bucket: str, machine: Machine) -> None:
    run = f"{bucket}/runs/a"
    machine("one")
    store = Store(fetched_folder(run))
    store.put_failure(KEY, {"method": "msp"}, "it broke", "Traceback")
    assert names(run) == {f"failures/{KEY}.json"}
    store.put(KEY, record(), scores())
    assert names(run) == {f"cells/{KEY}.json", f"scores/{KEY}.npz"}
    machine("two")
    other = Store(fetched_folder(run))
    assert other.folder != store.folder
    assert other.records() == store.records()
    assert other.scores(KEY).ood_scores.tobytes() == scores().ood_scores.tobytes()


def test_the_state_of_a_run_is_fetched_without_scores(bucket: str, machine: Machine) -> None:
    machine("one")
    Store(fetched_folder(bucket)).put(KEY, record(), scores())
    machine("two")
    folder = fetched_folder(bucket, whole=False)
    assert Store(folder).keys() == {KEY}
    assert not Store(folder).has_scores(KEY)
    assert Store(fetched_folder(folder)).has_scores(KEY)


def test_names_that_lead_elsewhere_are_left_alone(bucket: str, machine: Machine) -> None:
    home = machine("one")
    store = s3fs.S3FileSystem()
    evil = [
        "../x.json", "cells/../../x.json", "cells/..", "/etc/x", "cells//x.json", "cells/a/b.json", "cells/a b.json",
        "cells/x.json.tmp", "cells/.x.json", "scores/x.json", "other/x.json", "plugin.py", "index.sqlite",
        ".processes/x.json", "cells/ü.json", "..\\x.json",
    ]  # fmt: skip
    for name in evil:
        store.pipe_file(f"{bucket.removeprefix('s3://')}/run/{name}", b"{}")
    store.pipe_file(f"{bucket.removeprefix('s3://')}/run/cells/good.json", b"{}")
    folder = fetched_folder(f"{bucket}/run")
    assert [path for path in home.parent.rglob("*") if path.is_file()] == [folder / "cells" / "good.json"]


def test_a_name_is_a_results_as_a_whole() -> None:
    assert is_result(f"cells/{KEY}.json")
    assert is_result(f"misclassification/scores/{KEY}.npz")
    for name in (f"cells/{KEY}.json\n", f"x/cells/{KEY}.json", f"cells/{KEY}.json/x", "misclassification/suites.json"):
        assert not is_result(name)


def test_damage_at_the_address_is_noticed_and_mended(bucket: str, machine: Machine) -> None:
    machine("one")
    Store(fetched_folder(bucket)).put(KEY, record(), scores())
    objects = Bucket(Address.parse(bucket))
    whole = objects.read(f"cells/{KEY}.json")
    assert whole is not None
    objects.write(f"cells/{KEY}.json", whole.replace(b"0.30000000000000004", b"0.90000000000000004"))
    machine("two")
    store = Store(fetched_folder(bucket))
    assert store.get(KEY) is None
    store.put(KEY, record(), scores())
    machine("three")
    assert Store(fetched_folder(bucket)).get(KEY) == store.get(KEY)


def test_scores_that_are_damaged_at_the_address_leave_it(bucket: str, machine: Machine) -> None:
    machine("one")
    Store(fetched_folder(bucket)).put(KEY, record(), scores())
    Bucket(Address.parse(bucket)).write(f"scores/{KEY}.npz", b"no scores")
    machine("two")
    store = Store(fetched_folder(bucket))
    with pytest.raises(DamagedFileError, match="compute the cell anew"):
        store.scores(KEY)
    assert names(bucket) == set()
    assert not Store(fetched_folder(bucket)).has(KEY)


def test_damage_on_this_machine_alone_is_mended_by_the_address(bucket: str, machine: Machine) -> None:
    machine("one")
    store = Store(fetched_folder(bucket))
    store.put(KEY, record(), scores())
    (store.folder / "scores" / f"{KEY}.npz").write_bytes(b"no scores")
    with pytest.raises(DamagedFileError):
        store.scores(KEY)
    fetched_folder(bucket)
    assert store.scores(KEY).ood_scores.tobytes() == scores().ood_scores.tobytes()


def test_what_was_deleted_at_the_address_stays_deleted(bucket: str, machine: Machine) -> None:
    machine("one")
    folder = fetched_folder(bucket)
    Store(folder).put(KEY, record(), scores())
    assert fetched_results(bucket) == folder
    for name in names(bucket):
        Bucket(Address.parse(bucket)).remove(name)
    with pytest.raises(BenchError, match=f"no results at {bucket}, but 2 files of .*bench rerun {bucket}"):
        fetched_results(bucket)
    (folder / "table.txt").write_text("a table", encoding="utf-8")
    put_reports(folder, [folder / "table.txt"])
    assert names(bucket) == {"table.txt"}
    settle(folder)
    assert names(bucket) == {"table.txt", f"cells/{KEY}.json", f"scores/{KEY}.npz"}


def test_a_record_is_put_after_its_scores(bucket: str, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that refuses scores, as one whose quota is used up: then the record must not be there either."""
    machine("one")
    upload = Bucket.upload

    def refuse(self: Bucket, files: Mapping[str, Path]) -> None:
        if any(name.endswith(".npz") for name in files):
            raise RemoteError("write", self.address, "quota exceeded")
        upload(self, files)

    store = Store(fetched_folder(bucket))
    with monkeypatch.context() as patched:
        patched.setattr(Bucket, "upload", refuse)
        store.put(KEY, record(), scores())
        assert names(bucket) == set()
        with pytest.raises(BenchError, match=r"quota exceeded.*is kept in"):
            settle(store.folder)
    settle(store.folder)
    assert names(bucket) == {f"cells/{KEY}.json", f"scores/{KEY}.npz"}


def test_results_wait_where_the_store_is_out_of_reach(
    bucket: str, line: Line, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine("one")
    store = Store(fetched_folder(bucket))
    store.put_failure(OTHER, {}, "it broke", "")
    line.cut()
    store.put(KEY, record(), scores())
    store.put(OTHER, record(), scores(1))
    said = capsys.readouterr().err
    assert said.count("Could not connect") == 1
    assert str(store.folder) in said
    with pytest.raises(BenchError, match="the same command puts it there") as caught:
        settle(store.folder)
    assert SECRET not in said + str(caught.value)
    line.mend()
    settle(store.folder)
    assert {f"cells/{key}.json" for key in (KEY, OTHER)} <= names(bucket)
    assert {f"scores/{key}.npz" for key in (KEY, OTHER)} <= names(bucket)
    machine("two")
    assert Store(fetched_folder(bucket)).failures() == []


def test_reports_are_put_and_not_fetched(bucket: str, machine: Machine, tmp_path: Path) -> None:
    machine("one")
    folder = fetched_folder(bucket)
    (folder / "report.html").write_text("<html>", encoding="utf-8")
    (tmp_path / "elsewhere.html").write_text("<html>", encoding="utf-8")
    settle(folder, [folder / "report.html", tmp_path / "elsewhere.html"])
    assert names(bucket) == {"report.html"}
    machine("two")
    assert not (fetched_folder(bucket) / "report.html").exists()


def test_notes_of_a_run_follow_the_address(bucket: str, machine: Machine) -> None:
    objects = Bucket(Address.parse(bucket))
    machine("one")
    objects.write("suites.json", json.dumps({"old": 1}).encode())
    folder = fetched_folder(bucket)
    objects.write("suites.json", json.dumps({"newer": 1}).encode())
    fetched_folder(bucket)
    assert json.loads((folder / "suites.json").read_bytes()) == {"newer": 1}


def test_folders_without_an_address_have_no_mirror(tmp_path: Path) -> None:
    assert mirror_of(tmp_path / "runs" / "s3%3A%2F%2Fbucket") is None
    settle(tmp_path)
