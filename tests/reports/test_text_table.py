from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.errors import BenchError
from bench.report import REPORTS, Results
from bench.running.rows import rows_to_frame

MakeRow = Callable[..., dict[str, Any]]


def table(*rows: dict[str, Any]) -> str:
    text: str = REPORTS.get("text-table").text(rows_to_frame(rows))
    return text


def test_four_methods_on_eight_sets_with_seeds_fit_a_terminal(realistic: Results) -> None:
    text = REPORTS.get("text-table").text(realistic.rows)
    assert max(map(len, text.splitlines())) <= 100
    assert text.endswith("\n")


def test_figures_stand_under_their_titles(make_row: MakeRow) -> None:
    lines = table(make_row(), make_row(method="a-longer-name", auroc=0.5, warnings=["odd"])).splitlines()
    title = next(line for line in lines if line.startswith("OOD set, method"))
    body = [line for line in lines if re.match(r"  (msp|a-longer)", line)]
    for heading, value in (("AUROC ↑", "91.0*"), ("FPR@95 ↓", "42.0*"), ("AUPR-out ↑", "87.0*")):
        end = title.index(heading) + len(heading)
        assert body[0][: end + 1].endswith(value)
    assert re.search(r" 50\.0 ", body[1])


def test_every_row_and_note_is_there(make_row: MakeRow) -> None:
    text = table(
        make_row(ood_note="npz:x, 10,000 images"),
        make_row(method="odin", parameters={"T": 2.0}, ood_note="npz:x, 10,000 images", aupr_in=None),
    )
    assert "svhn ¹ (10,000 images)" in text
    assert "  odin ² " in text
    assert "¹ svhn: npz:x, 10,000 images\n² odin: T = 2\n³ undefined for these scores\n" in text
    assert "– ³" in text
    assert "ID accuracy: 91.73 % trained with cross-entropy" in text


def test_control_characters_do_not_reach_the_terminal(make_row: MakeRow) -> None:
    text = table(make_row(ood="a\x1b[31m\nb", method="m\r\t", warnings=["w\x07"]))
    assert all(character.isprintable() or character == "\n" for character in text)
    assert "a [31m b (10,000 images)" in text


def test_wide_characters_keep_the_columns(make_row: MakeRow) -> None:
    lines = table(make_row(method="日本", auroc=0.5), make_row(method="abcd", auroc=0.6)).splitlines()
    wide, plain = (next(line for line in lines if name in line) for name in ("日本", "abcd"))
    assert wide.index("50.0") + 2 == plain.index("60.0")


def test_the_report_writes_what_the_terminal_shows(realistic: Results, tmp_path: Path) -> None:
    (path,) = REPORTS.get("text-table")().write(realistic, tmp_path)
    assert path == tmp_path / "table.txt"
    assert path.read_text(encoding="utf-8") == REPORTS.get("text-table").text(realistic.rows)


def test_no_rows_are_an_error() -> None:
    with pytest.raises(BenchError, match="no finished cells"):
        table()
