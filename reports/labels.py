"""What methods are called where several rows of one name stand side by side."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Sequence

from .result_row import ResultRow, grouped, training_words

Sections = Sequence[Sequence[ResultRow]]


def labels_of(sections: Sections) -> dict[str, str]:
    """A label for each row's key: the method, and in brackets what tells its rows of one section and seed apart."""
    labels = {}
    for method in dict.fromkeys(row.method for rows in sections for row in rows):
        places = [[row for row in rows if row.method == method] for rows in sections]
        # Tuned parameters may differ from seed to seed; fixed ones that differ make another method of it.
        by_parameters = _differ([part for rows in places for part in _fixed_and_tuned(rows)], _parameter_text)
        members = [row for rows in places for row in rows]
        shown = sorted(_varying(members)) if by_parameters else []
        by_objective = _differ(places, lambda row: row.objective)
        by_tuning = _differ(places, lambda row: row.tuned_on != "")
        for row in members:
            words = [training_words(row.objective).removeprefix("trained with ")] if by_objective else []
            words += ["tuned" if row.tuned_on else "not tuned"] if by_tuning else []
            words += [f"{name}={row.parameters[name]}" for name in shown if name in row.parameters]
            labels[row.key] = f"{method} ({', '.join(words)})" if words else method
    return _told_apart(sections, labels)


def _told_apart(sections: Sections, labels: dict[str, str]) -> dict[str, str]:
    """The labels, with what else differs named where rows of one section and seed would still share one."""
    told = dict(labels)
    for label in dict.fromkeys(labels.values()):
        places = [
            part for rows in sections for part in _by_seed([row for row in rows if labels[row.key] == label]) if part
        ]
        if _differ(places, lambda row: row.key):
            told |= {key: f"{label} [{words}]" for key, words in _further_words(places).items()}
    return told


def _further_words(places: Sections) -> dict[str, str]:
    """By key the input transform and weights of rows, as far as they differ; the cell where these are not enough."""
    naming: tuple[Callable[[ResultRow], str], ...] = (
        lambda row: row.transform,
        lambda row: f"weights {row.weights[:8]}",
    )
    differing = [name for name in naming if _differ(places, name)]

    def words(row: ResultRow) -> str:
        return ", ".join(name(row) for name in differing)

    alike = [part for rows in places for part in grouped(rows, words).values()]
    enough = not _differ(alike, lambda row: row.key)
    return {row.key: words(row) if enough else f"cell {row.key[:8]}" for rows in places for row in rows}


def _fixed_and_tuned(rows: Sequence[ResultRow]) -> list[list[ResultRow]]:
    """The rows whose parameters were fixed, and those that were tuned, by their seeds."""
    return [[row for row in rows if not row.tuned_on], *_by_seed([row for row in rows if row.tuned_on])]


def _by_seed(rows: Iterable[ResultRow]) -> list[list[ResultRow]]:
    return list(grouped(rows, lambda row: row.seed).values())


def _differ(places: Sections, value: Callable[[ResultRow], Hashable]) -> bool:
    """Whether rows of one place have more than one value."""
    return any(len({value(row) for row in rows}) > 1 for rows in places)


def _varying(rows: Iterable[ResultRow]) -> set[str]:
    """The names of the parameters that do not have the same value in all rows."""
    pairs = {(name, json.dumps(value)) for row in rows for name, value in row.parameters.items()}
    return {name for name, values in grouped(pairs, lambda pair: pair[0]).items() if len(values) > 1}


def _parameter_text(row: ResultRow) -> str:
    return json.dumps(row.parameters, sort_keys=True)
