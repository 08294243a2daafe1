"""Ranks of the methods of many runs over pairs of sets: on what all of them were measured, and what may be equal."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from bench.statistics import RankComparison, compare_ranks

from .boards import Board, Column, Line
from .result_row import NO_NETWORK, grouped

FEWEST_PAIRS = 5
"""Ranks over fewer pairs than these say nothing."""

MOST_RANKED = 10
"""Mean ranks of more methods than these are told apart by hundreds of pairs only."""

Method = tuple[str, str, str]
"""A name, a version and parameters."""

Pair = tuple[str, str, Column]
Place = tuple[Pair, str]
"""A pair of sets, by the name and the images of the ID set, and a network."""


@dataclass(frozen=True)
class BoardRanks:
    """The ranks by AUROC of the `methods` called `labels` over so many `pairs`, each the mean over `networks` networks.

    `complete` is how many methods were measured on all of it, of which these are the best, `all` how many there are.
    """

    title: str
    methods: tuple[str, ...]
    labels: tuple[str, ...]
    comparison: RankComparison
    pairs: int
    networks: int
    complete: int
    all: int


def board_ranks(boards: Sequence[Board]) -> list[BoardRanks]:
    """The ranks on each board and, where there are several under the same protocol, on all of them; few pairs or
    methods make none.
    """
    found = []
    for together in grouped(boards, _conditions).values():
        groups = [[board] for board in together] + ([list(together)] if len(together) > 1 else [])
        found += [ranks for group in reversed(groups) if (ranks := _ranks(group)) is not None]
    return found


def _conditions(board: Board) -> tuple[str, ...]:
    ground = board.ground
    return ground.protocol, ground.tuned_on, ground.precision, ground.metrics


def _ranks(boards: Sequence[Board]) -> BoardRanks | None:
    """The ranks of the methods that were measured on every pair and network that any of these boards has."""
    labels = _labels(line for board in boards for line in board.lines)
    figures = _figures(boards)
    places = {place for of_method in figures.values() for place in of_method}
    complete = {method: found for method, found in figures.items() if len(found) == len(places)}
    pairs = list(dict.fromkeys(pair for pair, _ in sorted(places, key=str)))
    if len(pairs) < FEWEST_PAIRS or len(complete) < 2:
        return None
    table = {method: _by_pair(found, pairs) for method, found in complete.items()}
    best = sorted(table, key=lambda method: -statistics.fmean(table[method]))[:MOST_RANKED]
    return BoardRanks(
        title=boards[0].ground.title if len(boards) == 1 else f"{len(boards)} ID sets · {boards[0].ground.protocol}",
        methods=tuple(name for name, *_ in best),
        labels=tuple(labels[method] for method in best),
        comparison=compare_ranks(np.array([table[method] for method in best]).T, higher_is_better=True),
        pairs=len(pairs),
        networks=len({network for _, network in places}),
        complete=len(complete),
        all=len(figures),
    )


def _figures(boards: Sequence[Board]) -> dict[Method, dict[Place, float]]:
    """Of each method, version and parameters the mean AUROC over seeds and runs by pair and network.

    What looks at pixels alone has the same figure on every network.
    """
    found: dict[Method, dict[Place, list[float]]] = {}
    for board in boards:
        for column in board.columns:
            lines = [line for line in board.lines if column in line.entries]
            networks = list(dict.fromkeys(_network(line) for line in lines if line.network != NO_NETWORK)) or [""]
            pair = (board.ground.id, board.ground.images, column)
            for line in lines:
                of_method = found.setdefault(_method(line), {})
                values = [auroc for row in line.entries[column].rows if (auroc := row.metrics["auroc"]) is not None]
                for network in networks if line.network == NO_NETWORK else [_network(line)]:
                    of_method.setdefault((pair, network), []).extend(values)
    return {
        method: {place: statistics.fmean(values) for place, values in of_method.items() if values}
        for method, of_method in found.items()
    }


def _method(line: Line) -> Method:
    return line.method, line.version, line.parameters


def _labels(lines: Iterable[Line]) -> dict[Method, str]:
    """What each method is called: its name, with version and parameters where the name has several."""
    by_name = grouped(dict.fromkeys(map(_method, lines)), lambda one: one[0])
    return {
        one: name if len(several) == 1 else f"{name} (version {one[1]}, {one[2]})"
        for name, several in by_name.items()
        for one in several
    }


def _network(line: Line) -> str:
    return " ".join([line.network, line.objective, line.transform, line.weights])


def _by_pair(found: dict[Place, float], pairs: Sequence[Pair]) -> list[float]:
    return [statistics.fmean(value for (own, _), value in found.items() if own == pair) for pair in pairs]
