"""The leaderboard of many runs as one HTML file that needs no network."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bench.leaderboard_page import LeaderboardMaterial, leaderboard_page
from bench.report import CellScores
from bench.statistics import METRICS

from .board_ranks import BoardRanks, board_ranks
from .boards import Board, Column, Line, boards_of, kept_apart
from .cost_table import costs_of
from .html_page import json_in_script, metric_choices, render
from .page_curves import rounded
from .page_significance import compare, placements_of
from .result_row import NO_NETWORK, training_words
from .style import DASHES, PALETTE, Look, looks
from .summary import summarise

SCRIPTS = ("dom.js", "ranks.js", "leaderboard.js")
"""The files of the page's script, in the order in which they stand in it."""

DETAILS = ("version", "parameters", "objective", "transform")
"""What a table shows of a line only where lines differ in it."""


@leaderboard_page("html")
def html_leaderboard(material: LeaderboardMaterial) -> str:
    """The page: a board for each ground of comparison, ranks over pairs, the runs. Raises `BenchError` without rows."""
    boards = boards_of(material.runs)
    shared = looks({line.method for board in boards for line in board.lines})
    scores = _scores(material)
    drawn = [BoardData(board, shared, material.groups, scores).data() for board in boards]
    data = {
        "metrics": metric_choices(),
        "dashes": DASHES,
        "boards": drawn,
        "reports": {run.name: run.report for run in material.runs if run.report},
        "ranks": [_rank_data(ranks, shared) for ranks in board_ranks(boards)],
    }
    return render(
        "leaderboard.html",
        SCRIPTS,
        title="Leaderboard of out-of-distribution detection",
        boards=boards,
        apart=kept_apart(boards),
        material=material,
        data=json_in_script(data),
    )


@dataclass(frozen=True)
class BoardData:
    """A board, the looks of methods, what they look at, and the scores behind the scoped keys of rows."""

    board: Board
    looks: Mapping[str, Look]
    groups: Mapping[str, str]
    scores: Callable[[str], CellScores]

    def data(self) -> dict[str, Any]:
        """The board for the page's script."""
        best = {column: self._best(column) for column in self.board.columns}
        varying = [name for name in DETAILS if self._varies(name)]
        return {
            "title": self.board.ground.title,
            "sets": [{"name": column.ood, "images": column.words} for column in self.board.columns],
            "details": varying,
            "lines": [self._line(place, line, best, varying) for place, line in enumerate(self.board.lines)],
        }

    def _varies(self, name: str) -> bool:
        """Whether lines of one method differ in it; training, which pixels do not have, whether any lines do."""
        lines = [line for line in self.board.lines if line.network != NO_NETWORK]
        if name in ("objective", "transform"):
            return len({getattr(line, name) for line in lines}) > 1
        return len({(line.method, getattr(line, name)) for line in self.board.lines}) > len(
            {line.method for line in self.board.lines}
        )

    def _best(self, column: Column) -> set[int]:
        """The places of the lines that are not significantly below the best: all saw the same images."""
        found = {
            str(place): placements_of(line.entries[column], self.scores)
            for place, line in enumerate(self.board.lines)
            if column in line.entries
        }
        compared = compare(found)
        return {int(compared.labels[place]) for place in compared.best} if len(found) > 1 else set()

    def _line(self, place: int, line: Line, best: Mapping[Column, set[int]], varying: list[str]) -> dict[str, Any]:
        look = self.looks[line.method]
        rows = [row for entry in line.entries.values() for row in entry.rows]
        return {
            "method": line.method,
            "group": self.groups.get(line.method, "other"),
            "color": PALETTE.index(look.color),
            "dash": DASHES.index(look.dashes),
            "network": "none (pixels)" if line.network == NO_NETWORK else line.network,
            "run": line.run,
            "seeds": line.seeds,
            "details": [_detail(line, name) for name in varying],
            "cost": costs_of(rows)["microseconds_per_image"],
            "accuracy": _accuracy([row.id_accuracy for row in rows]),
            "cells": [self._cell(line, column, place in best[column]) for column in self.board.columns],
        }

    def _cell(self, line: Line, column: Column, best: bool) -> dict[str, Any] | None:
        entry = line.entries.get(column)
        if entry is None:
            return None
        figures: dict[str, list[float | None]] = {}
        for metric in METRICS:
            mean = summarise([row.metrics[metric] for row in entry.rows])
            ends = entry.rows[0].intervals.get(metric) if len(entry.rows) == 1 else None
            spread = None if mean is None or mean.sd is None else round(mean.sd, 5)
            figures[metric] = [
                None if mean is None else round(mean.mean, 5), spread, *(rounded(ends) if ends else (None, None))
            ]  # fmt: skip
        return {"figures": figures, "best": best}


def _detail(line: Line, name: str) -> str:
    if name == "objective":
        return "–" if line.network == NO_NETWORK else training_words(line.objective)
    return str(getattr(line, name))


def _accuracy(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.fmean(known) if known else None


def _scores(material: LeaderboardMaterial) -> Callable[[str], CellScores]:
    def scores(key: str) -> CellScores:
        run, _, own = key.partition(":")
        return material.runs[int(run)].results.scores(own)

    return scores


def _rank_data(ranks: BoardRanks, shared: Mapping[str, Look]) -> dict[str, Any]:
    return {
        "title": ranks.title,
        "labels": list(ranks.labels),
        "colors": [PALETTE.index(shared[method].color) for method in ranks.methods],
        "ranks": rounded(ranks.comparison.mean_ranks, 3),
        "critical": round(ranks.comparison.critical_difference, 3),
        "friedman": float(ranks.comparison.friedman_p),
        "pairs": ranks.pairs,
        "networks": ranks.networks,
        "complete": ranks.complete,
        "all": ranks.all,
    }
