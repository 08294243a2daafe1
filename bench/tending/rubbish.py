"""What may be deleted in a results folder and in the cache, and how large and old it is."""

from __future__ import annotations

import contextlib
import re
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.aside import MARK
from bench.disk_clock import now_of
from bench.leases import Lease
from bench.presence import in_use, present
from bench.running.estimates import FOLDER as ESTIMATES
from bench.running.kept_plan import idle_plans
from bench.store import DAMAGED, FAILURES, PREDICTIONS, SCORES, Store
from bench.temporary import is_temporary, is_written

HOUR, DAY = 3600.0, 86400.0
_PROBE = re.compile(r"\.[0-9a-f]{32}\.now")
_STOP = re.compile(r"\.stop-[0-9a-f]{32}")


@dataclass(frozen=True)
class Rubbish:
    """A file or folder that may be deleted: `kind` says what it is, `size` its bytes, `age` its seconds."""

    path: Path
    kind: str
    size: int
    age: float


def rubbish_in_run(folder: Path) -> Iterator[Rubbish]:
    """What a results folder can do without: no results, nothing that is being written, nothing that a table needs."""
    now = now_of(folder)
    yield from _temporary(folder, now)
    for part in (folder, folder / PREDICTIONS):
        yield from _orphans(Store(part), now, busy=bool(in_use(folder)))
        for path in sorted((part / DAMAGED).glob("*")):
            yield _sized(path, "damaged result that was set aside", now)
    for path in idle_plans(folder):
        yield _sized(path, "plan from before a change", now)
    yield from _dead_processes(folder, now)


def rubbish_in_cache(root: Path, older_than: float) -> Iterator[Rubbish]:
    """What the cache can do without; what only saves time, if it is older than that many seconds.

    Trained networks are never among it; outputs and states of trainings are not while another process uses the cache.
    """
    now = now_of(root)
    yield from _temporary(root, now)
    yield from _dead_processes(root, now)
    for path in sorted(root.rglob(f"*{MARK}*")):
        yield _sized(path, "damaged, set aside", now)
    for path in [*root.rglob("*.lease"), *root.rglob("lease")]:
        owner = Lease.holder(path) if path.is_file() else None
        if owner is not None and owner.has_ended():
            yield _sized(path, "lease of a dead process", now)
    if not in_use(root):
        yield from (one for one in _useful(root, now) if one.age >= older_than or one.kind == _FINISHED)


_FINISHED = "state of a finished training"


def _useful(root: Path, now: float) -> Iterator[Rubbish]:
    """What is made again when it is wanted: it saves time alone."""
    for path in sorted((root / "outputs").glob("*")):
        if path.is_dir() and MARK not in path.name:
            yield _sized(path, "unfinished outputs" if path.name.endswith("partial") else "outputs", now)
    for path in sorted((root / "checkpoints").glob("*/resume.safetensors")):
        finished = (path.parent / "checkpoint.safetensors").exists()
        yield _sized(path, _FINISHED if finished else "state of an unfinished training", now)


def delete(one: Rubbish) -> None:
    """Delete it; a folder vanishes as a whole. Raises `OSError`."""
    if not one.path.is_dir():
        one.path.unlink(missing_ok=True)
        return
    gone = one.path.with_name(f".{one.path.name}{MARK}{uuid.uuid4().hex[:8]}")
    one.path.rename(gone)
    shutil.rmtree(gone)


def _temporary(folder: Path, now: float) -> Iterator[Rubbish]:
    """Files that were being written by processes that are dead; those of other machines after a day."""
    for path in sorted(folder.rglob(".*")):
        written = is_written(path.name)
        if not (is_temporary(path.name) or _PROBE.fullmatch(path.name) or _STOP.fullmatch(path.name)) or written:
            continue
        one = _sized(path, "temporary file of a dead process", now)
        if written is False or one.age >= DAY:
            yield one


def _orphans(store: Store, now: float, *, busy: bool) -> Iterator[Rubbish]:
    """Scores and estimates without a record, unless they may belong to one that is about to be written."""
    keys = store.keys()
    for name, kind in ((SCORES, "scores without a record"), (ESTIMATES, "estimates without a record")):
        for path in sorted((store.folder / name).glob("*.npz")):
            if path.stem.partition("-")[0] not in keys and not path.name.startswith("."):
                one = _sized(path, kind, now)
                if not busy and one.age >= HOUR:
                    yield one
    for path in sorted((store.folder / FAILURES).glob("*.json")):
        if store.has(path.stem):
            yield _sized(path, "failure that is over", now)


def _dead_processes(folder: Path, now: float) -> Iterator[Rubbish]:
    for one in present(folder):
        if not one.is_alive:
            yield _sized(one.path, "note of a dead process", now)


def _sized(path: Path, kind: str, now: float) -> Rubbish:
    files = [path, *(path.rglob("*") if path.is_dir() else [])]
    size, changed = 0, 0.0
    for file in files:
        with contextlib.suppress(OSError):  # gone in the meantime
            status = file.lstat()
            size += status.st_size if not file.is_dir() else 0
            changed = max(changed, status.st_mtime)
    return Rubbish(path, kind, size, max(0.0, now - changed))
