"""What a request came to, kept so that the same request is answered at once where nothing is left to do.

`plans/ID.json` holds the keys of the cells and what was said. ID is made of everything that the request says, and the
plan counts while all files that it was made from are in the state that they were in: code, data, networks, and what
the results folder notes beside its cells. A new state means that the run is prepared as if there were no plan. No
library of networks is loaded here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.address import Address
from bench.atomic import require_writable
from bench.cache import cache_root
from bench.canonical import content_key
from bench.data.location import data_root
from bench.engine import Engine
from bench.errors import BenchError
from bench.file_state import FileState, state_of
from bench.plugins import all_plugins
from bench.progress import say
from bench.sealed import read_sealed, write_sealed
from bench.store import Store
from bench.suites.record import FILE as SUITES

from .asked import SCHEMA as ASKED_SCHEMA
from .network_notes import FOLDER as NETWORKS
from .outcome import Outcome
from .plain_specification import asked_path, specification_data
from .specification import RunSpecification

FOLDER = "plans"
SCHEMA = 1


@dataclass(frozen=True)
class KeptPlan:
    """The plan of one request, at `path`, whether it is there or not."""

    path: Path
    spec: RunSpecification

    @classmethod
    def of(cls, spec: RunSpecification, engine: Engine) -> KeptPlan | None:
        """None for a request that is always prepared: the code of others takes part in it, or another machine does."""
        if all_plugins() or ":" in (spec.network or "") or spec.skip_broken or spec.device not in ("auto", "cpu"):
            return None
        if engine.name not in ("serial", "processes") or Address.of_folder(spec.out) is not None:
            return None
        try:
            key = content_key(_request(spec))
        except (TypeError, ValueError):  # settings that are no plain data
            return None
        return cls(spec.out / FOLDER / f"{key}.json", spec)

    def outcome(self) -> Outcome | None:
        """The outcome, where all of it is there and nothing has changed; what a run says first is said.

        The folder is marked as asked for again. Raises `BenchError` where it cannot be written to.
        """
        out = self.spec.out
        try:
            asked = asked_path(self.spec)
            read_sealed(asked, ASKED_SCHEMA)
            plan = read_sealed(self.path, SCHEMA)
            keys, lines = [str(key) for key in plan["keys"]], [str(line) for line in plan["lines"]]
            if not _counts(plan, out):
                return None
        except (BenchError, OSError, KeyError, TypeError, ValueError):  # there is none, or it is damaged
            return None
        store = Store(out)
        if not store.without_scores().isdisjoint(keys) or any(store.get(key) is None for key in keys):
            return None
        require_writable(out)
        try:
            os.utime(asked)
        except OSError:  # it is another user's, and a whole run replaces it
            return None
        for line in lines:
            say(line)
        return Outcome.of(out, keys)

    def write(self, keys: Sequence[str], lines: Sequence[str], paths: Sequence[Path], state: FileState) -> None:
        """Keep it: the keys of the cells, what is said first, and the state of all that they depend on."""
        content = {"keys": list(keys), "lines": list(lines), "paths": list(map(str, paths)), "state": asdict(state)}
        write_sealed(self.path, SCHEMA, {**content, "notes": notes_in(self.spec.out)})


def idle_plans(folder: Path) -> list[Path]:
    """The plans of a results folder that will never count again, as what they were made from has changed."""
    return [path for path in sorted((folder / FOLDER).glob("*.json")) if not _may_count(path, folder)]


def _may_count(path: Path, folder: Path) -> bool:
    try:
        return _counts(read_sealed(path, SCHEMA), folder)
    except FileNotFoundError:  # another process has replaced it
        return True
    except (BenchError, OSError, KeyError, TypeError, ValueError):
        return False


def _counts(plan: Mapping[str, Any], folder: Path) -> bool:
    return bool(asdict(state_of(map(Path, plan["paths"]))) == plan["state"] and notes_in(folder) == plan["notes"])


def notes_in(folder: Path) -> list[list[str]]:
    """What a results folder says beside its cells that rows show: its suites, and what is known of networks."""
    paths = [folder / SUITES, *sorted((folder / NETWORKS).glob("*.json"))]
    return [[path.name, path.read_text(encoding="utf-8")] for path in paths if path.exists()]


def _request(spec: RunSpecification) -> dict[str, Any]:
    return {
        "specification": specification_data(spec),
        "suite": repr(spec.suite),  # with those of its archives that are there
        "folders": [str(path.absolute()) for path in (Path.cwd(), data_root(spec.data), cache_root())],
        "python": sys.version,
        "packages": sorted({path.name for folder in sys.path for path in Path(folder).glob("*-info")}),
    }
