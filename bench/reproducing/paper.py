"""A paper's table as its file describes it: rows, columns, methods, protocol, and what the paper calls things."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.citation import Citation
from bench.errors import BenchError, UnknownNameError
from bench.toml_file import read_toml

from .library import paper_path
from .published import Place, Published, read_published
from .table_fields import fits, from_table, tables_of

_ROW_KEYS: dict[str, Any] = {"network": str, "id": str, "ood": tuple[str, ...], "methods": tuple[str, ...]}
"""What a `[[rows]]` table may say, and of which type it is."""


@dataclass(frozen=True)
class PaperMethod:
    """A method of the table. `title` is the paper's name for it, `method` the registered one.

    `settings` are those of a run (`odin.unit`); `parameters` maps parameters of the method to the published metrics
    whose values they take, row by row. Where nothing registered does what the paper did, `lacking` says so.
    """

    key: str
    title: str
    method: str = ""
    lacking: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PaperColumn:
    """A metric of the table, named as in `bench.reproducing.reading`; `published` is its name in the CSV.

    `ood`: the OOD sets over which the figure is averaged, where the column tells them and not the row; `place` then
    stands in the CSV in place of the OOD set's name.
    """

    metric: str
    title: str
    higher_is_better: bool
    published: str = ""
    place: str | None = None
    ood: tuple[str, ...] = ()
    decimals: int = 1


@dataclass(frozen=True)
class PaperRow:
    """A row: a network trained on `id`, tested on `ood`, or if that is empty on the columns' sets.

    `replaces` is the network whose published figures stand in the row where another one is run in its place.
    """

    network: str
    id: str
    ood: str
    methods: tuple[PaperMethod, ...]
    replaces: str = ""

    @property
    def key(self) -> str:
        """What `--rows` picks by: network, ID set, and OOD set, or else the method."""
        return "/".join((self.network, self.id, self.ood or self.methods[0].key))


@dataclass(frozen=True)
class Option:
    """A named deviation from the table's protocol: what it means, and its settings."""

    about: str
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Paper:
    """A paper's table. `names` are the paper's names for networks and data sets; `seeds` its number of runs.

    `id_positives` is `all`, or `correct` where the paper leaves misclassified ID images out. `lacking` says of networks
    and sets why they cannot be had, `deviations` in what the registered ones differ from the paper's.
    """

    name: str
    title: str
    citation: Citation
    recipe: str
    protocol: str
    names: Mapping[str, str]
    columns: tuple[PaperColumn, ...]
    rows: tuple[PaperRow, ...]
    published: Published
    seeds: int | None = None
    joined: bool = False
    id_positives: str = "all"
    settings: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Option] = field(default_factory=dict)
    lacking: Mapping[str, str] = field(default_factory=dict)
    deviations: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def methods(self) -> list[PaperMethod]:
        """The methods of the rows, each once."""
        return list({method.key: method for row in self.rows for method in row.methods}.values())

    def title_of(self, name: str) -> str:
        """What the paper calls a network or data set; its own name where the paper has no such."""
        return self.names.get(name, name)

    def place(self, row: PaperRow, column: PaperColumn, method: PaperMethod) -> Place:
        """Under which names the CSV has the published figure of a cell."""
        return self._place(row, method, column.published or column.metric, column.place)

    def settings_of(self, row: PaperRow, method: PaperMethod) -> dict[str, Any]:
        """The settings of a run of `method` in `row`, those that the paper prints for this row among them."""
        printed = {
            f"{method.method}.{parameter}": self.published.value(self._place(row, method, metric, None))
            for parameter, metric in method.parameters.items()
        }
        return {**self.settings, **method.settings, **printed}

    def _place(self, row: PaperRow, method: PaperMethod, metric: str, place: str | None) -> Place:
        ood = self.title_of(row.ood) if place is None else place
        return Place(self.title_of(row.replaces or row.network), self.title_of(row.id), ood, method.title, metric)


def load_paper(text: str) -> Paper:
    """The table that a shipped name or a path to a `….toml` means; its figures are in the `.csv` beside it.

    Raises `BenchError` for unknown names, and for files that cannot be read as a table.
    """
    path = paper_path(text)
    data = read_toml(path)
    methods = [from_table(PaperMethod, one, path) for one in tables_of(data.pop("methods", []), "methods", path)]
    blocks = tables_of(data.pop("rows", []), "rows", path)
    columns = tables_of(data.pop("columns", []), "columns", path)
    options = data.pop("options", {})
    if not isinstance(options, dict):
        raise BenchError(f"'options' in {path} must be tables, such as [options.NAME].")
    return from_table(
        Paper,
        {
            **data,
            "name": path.stem,
            "citation": from_table(Citation, data.pop("citation", {}), path),
            "columns": tuple(from_table(PaperColumn, one, path) for one in columns),
            "rows": tuple(row for block in blocks for row in _rows(block, methods, path)),
            "options": {name: from_table(Option, one, path) for name, one in options.items()},
            "published": read_published(path.with_suffix(".csv")),
        },
        path,
    )


def _rows(block: Mapping[str, Any], methods: Sequence[PaperMethod], path: Path) -> Sequence[PaperRow]:
    """The rows of a `[[rows]]` table: one for each OOD set, or where the columns have the sets for each method."""
    for key in block:
        if key not in _ROW_KEYS:
            raise UnknownNameError(f"key of [[rows]] in {path}:", key, _ROW_KEYS)
    for key, hint in _ROW_KEYS.items():
        if key in ("network", "id") and key not in block:
            raise BenchError(f"A [[rows]] in {path} lacks '{key}'.")
        if key in block and not fits(block[key], hint):
            raise BenchError(
                f"'{key}' in a [[rows]] of {path} must be {'a text' if hint is str else 'texts'} in quotes."
            )
    by_key = {method.key: method for method in methods}
    for key in block.get("methods", []):
        if key not in by_key:
            raise UnknownNameError(f"method in [[rows]] of {path}:", key, by_key)
    chosen = tuple(by_key[key] for key in block.get("methods", by_key))
    places = [(ood, chosen) for ood in block["ood"]] if "ood" in block else [("", (method,)) for method in chosen]
    return [PaperRow(block["network"], block["id"], ood, several) for ood, several in places]
