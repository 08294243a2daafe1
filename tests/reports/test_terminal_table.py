"""The table on a terminal: it fits, says what it leaves out, and is bold where the plain one has a star."""

from __future__ import annotations

import io
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from rich.console import Console

from bench.report import REPORTS, Results
from bench.running.rows import rows_to_frame
from bench.statistics import bootstrap

terminal = import_module("bench.reports.terminal_table")
BOLD, PLAIN = "\x1b[1m", "\x1b[0m"


def shown(results: Results, width: int, *, colour: bool = False) -> str:
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=colour, no_color=not colour, highlight=False)
    terminal.print_tables(results.rows, {}, results.replicates, results.scores, console)
    return file.getvalue()


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_no_line_is_wider_than_the_window(width: int, realistic: Results) -> None:
    assert max(map(len, shown(realistic, width).splitlines())) <= width


def test_what_is_left_out_is_said(small: Results) -> None:
    narrow = shown(small, 45)
    assert "Not shown in a window so narrow: " in narrow
    assert "AUROC ↑" in narrow.split("Not shown")[0]
    assert "Not shown" not in shown(small, 120)


def test_bold_is_what_the_plain_table_stars(small: Results) -> None:
    replicates = {
        key: bootstrap(small.scores(key).id_scores, small.scores(key).ood_scores, resamples=100)
        for key in small.rows["key"]
    }
    known = Results(small.rows, small.scores, replicates=replicates.get)
    plain = REPORTS.get("text-table").text(known.rows, {}, known.replicates, known.scores)
    text = shown(known, 120, colour=True)
    body = [line for line in text.splitlines() if line.startswith("  ")]
    stars = [line.count("*") for line in plain.splitlines() if line.startswith("  ")]
    assert [line.count(BOLD) for line in body][: len(stars)] == stars
    assert sum(stars) > 0


def test_names_are_never_markup(make_row: Callable[..., dict[str, Any]], small: Results) -> None:
    odd = "[bold red]x[/] \x1b[31m"
    frame = rows_to_frame([make_row(method=odd, ood=odd), make_row(ood=odd)])
    text = shown(Results(frame, small.scores), 120)
    assert "[bold red]x[/] [31m" in text
    assert "\x1b" not in text
