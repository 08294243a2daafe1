"""A suite in a TOML file, or in a dictionary with the same keys.

    title = "My cats"
    id = "cats"                     # a data set, or NAME=KIND:PATH
    tune-on = "uniform"             # for the protocol heldout-ood
    metrics = ["auroc"]             # what tables show first
    notes = ["Photographs by volunteers."]

    [groups]
    near = ["dogs=folder:dogs"]     # paths count from the folder of this file
    far = ["svhn", "dtd"]
    covariate = ["cats-at-night"]   # the ID classes, shifted: no OOD sets

Further keys are `summary`, a table `[citation]`, `[images]` with the number of images of each set as its authors have
it, and, as in a run file, `[set.NAME]` with settings of data sets and `[datasets.NAME]` with bindings. A table
`[archives.NAME]` is a binding too, but its paths count from the folder of data sets, and it is used only where its
images are there; its `otherwise` is a note that stands where they are not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from bench.citation import Citation
from bench.data.bindings import parse_binding, parse_bindings
from bench.errors import BenchError, UnknownNameError
from bench.toml_file import read_toml

from .suite import COVARIATE, METRICS, Archive, Suite, set_name

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def suite_from_file(path: Path) -> Suite:
    """The suite in the TOML file `path`, called as the file. Raises `BenchError` naming the file and the wrong key."""
    return suite_from_table(read_toml(path), path.stem, path)


def suite_from_table(table: Mapping[str, Any], name: str, path: Path) -> Suite:
    """The suite called `name` that the keys of `table` describe; relative paths count from the folder of `path`.

    Raises `BenchError` naming the file and the key that is wrong.
    """
    data = {key.replace("-", "_"): value for key, value in table.items()}
    for key, value in data.items():
        if key not in _KINDS:
            raise UnknownNameError(f"key in {path}:", key, _KINDS)
        fits, wanted = _KINDS[key]
        if not fits(value):
            raise BenchError(f"'{key}' in {path} must be {wanted}, not {value!r}.")
    for key in ("title", "id", "groups"):
        if not data.get(key):
            raise BenchError(f"{path} is no suite: it lacks '{key}'. It must be {_KINDS[key][1]}.")
    groups = {group: tuple(_located(one, path) for one in sets) for group, sets in data["groups"].items()}
    suite = Suite(
        name=name,
        title=data["title"],
        id=_located(data["id"], path),
        groups={group: sets for group, sets in groups.items() if group != COVARIATE},
        summary=data.get("summary", ""),
        citation=_citation(data["citation"], path) if "citation" in data else None,
        covariate=groups.get(COVARIATE, ()),
        tune_on=_located(data.get("tune_on", ""), path),
        metrics=tuple(data.get("metrics", ())),
        notes=tuple(data.get("notes", ())),
        images=data.get("images", {}),
        settings={f"{owner}.{key}": value for owner, one in data.get("set", {}).items() for key, value in one.items()},
        bindings=parse_bindings(data.get("datasets", {}), path),
        archives=_archives(data.get("archives", {}), path),
        origin=path,
    )
    _check(suite, path)
    return suite


def _archives(tables: Mapping[str, Mapping[str, Any]], path: Path) -> dict[str, Archive]:
    keys = {name: {key: one for key, one in table.items() if key != "otherwise"} for name, table in tables.items()}
    parse_bindings(keys, path)  # what is wrong is said now, and not where the archive is looked for
    return {name: Archive(keys[name], str(table.get("otherwise", ""))) for name, table in tables.items()}


def _citation(table: Mapping[str, Any], path: Path) -> Citation:
    try:
        return Citation(**table)
    except TypeError as error:
        raise BenchError(
            f"[citation] in {path} must have title, authors and year, and may have venue, url and where."
        ) from error


def _located(text: str, path: Path) -> str:
    """The set as it was named; the path of a binding counts from the folder of the file."""
    return str(parse_binding(text, path.parent)) if "=" in text else text


def _check(suite: Suite, path: Path) -> None:
    """Raise `BenchError` for what is wrong in how the keys belong together."""
    if not suite.groups:
        raise BenchError(f"[groups] in {path} has no OOD sets: name some in a group such as near or far.")
    for group in suite.groups:
        if not _NAME.fullmatch(group):
            raise BenchError(f"'{group}' in [groups] of {path} cannot name a group: use letters, digits and '-'.")
        if get_close_matches(group.lower(), [COVARIATE], cutoff=0.75):
            raise BenchError(
                f"[groups] in {path} has a group '{group}'. Did you mean '{COVARIATE}', whose sets are no OOD sets? "
                "Another group needs another name."
            )
    for metric in suite.metrics:
        if metric not in METRICS:
            raise UnknownNameError(f"metric in 'metrics' of {path}:", metric, METRICS)
    _check_names(suite, path)


def _check_names(suite: Suite, path: Path) -> None:
    """Raise `BenchError` for a set that has two places in the suite, and for one that is described and has none."""
    names = Counter(map(set_name, (suite.id, *suite.ood, *suite.covariate)))
    for name, count in names.items():
        if count > 1:
            raise BenchError(f"'{name}' stands {count} times in {path}. As ID set and in the groups a set stands once.")
    if set_name(suite.tune_on) in names:
        raise BenchError(f"'tune-on' in {path} is '{suite.tune_on}', which is tested as well. Name a set of no group.")
    known = {*names, set_name(suite.tune_on)} - {""}
    described = {
        "images": suite.images,
        "datasets": suite.bindings,
        "archives": suite.archives,
        "set": [key.partition(".")[0] for key in suite.settings],
    }
    for key, owners in described.items():
        for name in owners:
            if name not in known:
                raise UnknownNameError(f"data set in [{key}] of {path}:", name, known)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and value != [] and all(map(_is_text, value))


def _are_tables(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(one, dict) for one in value.values())


def _are_groups(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_are_texts, value.values()))


def _are_counts(value: Any) -> bool:
    return isinstance(value, dict) and all(type(one) is int and one > 0 for one in value.values())


_KINDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "title": (_is_text, "a text in quotes"),
    "summary": (_is_text, "a text in quotes"),
    "id": (_is_text, "the name of a data set, or NAME=KIND:PATH"),
    "tune_on": (_is_text, "the name of a data set, or NAME=KIND:PATH"),
    "metrics": (_are_texts, "a list of metrics"),
    "notes": (_are_texts, "a list of texts"),
    "groups": (_are_groups, 'a table of lists of data sets, such as near = ["cifar100"]'),
    "images": (_are_counts, "a table of numbers of images, such as cifar100 = 9000"),
    "citation": (lambda value: isinstance(value, dict), "a table with title, authors and year"),
    "set": (_are_tables, "tables, such as [set.NAME]"),
    "datasets": (_are_tables, "tables, such as [datasets.NAME]"),
    "archives": (_are_tables, "tables, such as [archives.NAME]"),
}
"""What the value of each key must be, as a check and in words."""
