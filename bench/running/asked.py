"""What a results folder was asked for: each specification that was run into it, with the cells that it means.

`asked/ID.json` is written when a run begins, and again whenever the same is asked for. By it `bench status` knows what
is to do, and `bench rerun` can ask again. Reading it loads no network's library.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.data.bindings import Binding
from bench.sealed import DamagedFileError, read_sealed
from bench.suites.library import find_suite

if TYPE_CHECKING:
    from .specification import RunSpecification

FOLDER = "asked"
SCHEMA = 1

PATHS = ("checkpoint", "transform", "data")
SEVERAL = ("method", "ood", "shifted", "group", "seeds")
"""The fields of a specification that are paths, and those that are tuples."""


@dataclass(frozen=True)
class Planned:
    """A cell to come. `key` is empty where its network is not trained yet; then `slot` alone names it.

    `need` is the name of its network in the run.
    """

    slot: str
    key: str
    method: str
    id: str
    ood: str
    network: str
    seed: int | None
    need: str

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)

    def to_list(self) -> list[Any]:
        """As it is kept, in the order of the fields: there may be tens of thousands."""
        return [getattr(self, one.name) for one in fields(self)]


@dataclass(frozen=True)
class Asked:
    """One specification that was run, as plain data, its `command`, and its `cells`; `began` is the file's time.

    That is when it was run last, in seconds by the clock of the disk.
    """

    specification: Mapping[str, Any]
    command: str
    cells: tuple[Planned, ...]
    began: float

    @property
    def code_files(self) -> list[str]:
        """The files of the user's own code that it runs: plugins, and the file that makes its network."""
        network = str(self.specification.get("network") or "").partition(":")[0]
        return [*self.specification.get("plugin", ()), *([network] if network.endswith(".py") else [])]

    def to_specification(self, folder: Path) -> RunSpecification:
        """The specification, with its results in `folder`. Raises `BenchError` for what is not there any more."""
        from .specification import RunSpecification

        values = dict(self.specification)
        values |= {name: Path(values[name]) for name in PATHS if values.get(name) is not None}
        values |= {name: tuple(values[name]) for name in SEVERAL if values.get(name) is not None}
        values["plugin"] = tuple(Path(path) for path in values.get("plugin", ()))
        values["bindings"] = {name: _binding(one) for name, one in values.get("bindings", {}).items()}
        if values.get("suite") is not None:
            values["suite"] = find_suite(values["suite"])
        return RunSpecification(**values, out=folder)


def read_asked(folder: Path) -> list[Asked]:
    """All that `folder` was asked for, the latest first.

    Raises `BenchError` for a file that is damaged or of a newer version.
    """
    found = [_read(path) for path in (folder / FOLDER).glob("*.json")]
    return sorted(found, key=lambda one: -one.began)


def _binding(data: Mapping[str, Any]) -> Binding:
    file = data.get("file")
    return Binding(**{**data, "classes": tuple(data["classes"]), "file": Path(file) if file else None})


def _read(path: Path) -> Asked:
    data = read_sealed(path, SCHEMA)
    try:
        cells = tuple(Planned(*one) for one in data["cells"])
        return Asked(dict(data["specification"]), str(data["command"]), cells, path.stat().st_mtime)
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedFileError(path, error, "Delete it; no result is lost.") from error
