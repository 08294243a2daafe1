"""A leaderboard of real runs: what is kept apart, what is copied, what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.errors import BenchError
from bench.reporting import write_leaderboard
from bench.store import Store


def data_of(page: Path) -> Any:
    text = page.read_text(encoding="utf-8")
    return json.loads(text.partition('id="data">')[2].partition("</script>")[0])


Remake = Callable[[Path, Callable[[dict[str, Any]], None]], None]


def test_same_ground_shares_a_board_and_other_images_have_a_column_of_their_own(
    runs: list[Path], tmp_path: Path
) -> None:
    page = write_leaderboard(runs, tmp_path / "site")
    [board] = data_of(page)["boards"]
    assert [one["name"] for one in board["sets"]].count("shades") == 2
    by_run = {line["run"]: [cell is not None for cell in line["cells"]] for line in board["lines"]}
    assert by_run["a"] != by_run["b"]
    assert all(sum(cells) == 5 for cells in by_run.values())
    assert "shades is 2 sets of images" in page.read_text()


def test_figures_are_those_of_the_rows(runs: list[Path], tmp_path: Path) -> None:
    [board] = data_of(write_leaderboard(runs[:1], tmp_path / "site"))["boards"]
    rows = {(record["row"]["method"], record["row"]["ood"]): record["row"] for record in Store(runs[0]).records()}
    for line in board["lines"]:
        for one, cell in zip(board["sets"], line["cells"], strict=True):
            row = rows[line["method"], one["name"]]
            assert cell["figures"]["fpr_at_95_tpr"][0] == pytest.approx(row["fpr_at_95_tpr"], abs=1e-5)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("protocol", "paper-oracle", "protocol: published / paper-oracle"),
        ("precision", "bf16", "precision: fp32 / bf16"),
        ("version", 99, "metrics: version "),
        ("id", ["digits", "other images"], "images: 500 images, "),
    ],
)
def test_other_conditions_make_another_board_and_say_why(
    alike: list[Path], tmp_path: Path, remake: Remake, name: str, value: Any, words: str
) -> None:
    def change(record: dict[str, Any]) -> None:
        record["cell"][name] = value
        if name in ("protocol", "precision"):
            record["row"][name] = value

    remake(alike[1], change)
    page = write_leaderboard(alike, tmp_path / "site")
    assert len(data_of(page)["boards"]) == 2
    assert f"digits, {words}" in page.read_text()


def test_another_version_of_a_method_is_another_line_and_said(
    alike: list[Path], tmp_path: Path, remake: Remake
) -> None:
    remake(alike[1], lambda record: record["cell"].update(method_version=7))
    page = write_leaderboard(alike, tmp_path / "site")
    [board] = data_of(page)["boards"]
    assert board["details"] == ["version"]
    assert "brightness stands here with different version" in page.read_text()


def test_one_specification_with_two_figures_is_told(alike: list[Path], tmp_path: Path, remake: Remake) -> None:
    told = "the same specification has different figures in a, b"
    assert told not in write_leaderboard(alike, tmp_path / "site").read_text()
    remake(alike[1], lambda record: record["row"].update(fpr_at_95_tpr=0.123))
    assert told in write_leaderboard(alike, tmp_path / "site").read_text()


def test_reports_are_copied_beside_the_page(alike: list[Path], tmp_path: Path) -> None:
    (alike[1] / "report.html").write_text("the report of b")
    page = write_leaderboard(alike, tmp_path / "site")
    assert data_of(page)["reports"] == {"b": "reports/2-b.html"}
    assert (page.parent / "reports" / "2-b.html").read_text() == "the report of b"


def test_a_folder_without_results_and_one_named_twice_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="no results in"):
        write_leaderboard([tmp_path], tmp_path / "site")
    with pytest.raises(BenchError, match="named twice"):
        write_leaderboard([tmp_path, tmp_path / "."], tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_a_leaderboard_is_written_again_and_another_page_is_left_alone(runs: list[Path], tmp_path: Path) -> None:
    page = write_leaderboard(runs, tmp_path / "site")
    assert write_leaderboard(runs[:1], tmp_path / "site") == page
    assert len(data_of(page)["boards"][0]["lines"]) == 3
    page.write_text("<title>My site</title>", encoding="utf-8")
    with pytest.raises(BenchError, match=r"index\.html is there already and no leaderboard.*--out"):
        write_leaderboard(runs, tmp_path / "site")
    assert page.read_text(encoding="utf-8") == "<title>My site</title>"
