"""A paper's table in each way it is typeset: every figure where it belongs, and nothing left blank."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from importlib import import_module

import pytest

from bench.paper_table import TYPESETTERS, Figure, PaperCell, PaperTable, TableColumn, TableRow

paper_sheet = import_module("bench.reports.paper_lines").paper_sheet

MEASURED = PaperCell(Figure(0.412, None, "41.2"), Figure(0.4567, 0.0123), (0, 1, 2), "measured", "", ("other images",))
BETTER = PaperCell(Figure(0.163, None, "16.3"), Figure(0.15, 0.004), (0, 1, 2), "measured", "", ("other images",))
NOT_RUN = PaperCell(Figure(0.05, None, "5.0"), None, (), "not run", "LSUN is not at hand")
UNPUBLISHED = PaperCell(None, Figure(0.975), (0,), "measured")
UNDEFINED = PaperCell(None, None, (0,), "undefined", "no threshold")
FAILED = PaperCell(None, None, (), "failed", "no score <today> & never")

COLUMNS = (TableColumn("fpr_at_95_tpr", "FPR@95", False, 1), TableColumn("auroc", "AUROC", True, 2))
METHODS = ("Baseline", "Confidence")
ROWS = (
    TableRow("vgg13/cifar10/isun", "VGG13", "CIFAR-10", "iSUN", METHODS, ((MEASURED, BETTER), (UNPUBLISHED, FAILED))),
    TableRow("vgg13/cifar10/lsun", "VGG13", "CIFAR-10", "LSUN", METHODS, ((NOT_RUN, NOT_RUN), (NOT_RUN, NOT_RUN))),
    TableRow(
        "wrn/svhn/isun", "WRN_28", "SVHN", "iSUN", METHODS, ((UNDEFINED, UNPUBLISHED), (UNPUBLISHED, UNPUBLISHED))
    ),
)
TABLE = PaperTable("t", "A & B, Table 1", "A, B (2018). T.", "recipe paper", True, COLUMNS, ROWS, ("A remark.",), 5)


def grid(text: str) -> list[list[str]]:
    """The cells of the Markdown table's body."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_joined_rows_have_published_measured_spread_and_difference_below_each_other() -> None:
    lines = grid(TYPESETTERS.get("md")(TABLE))
    assert lines[:4] == [
        ["VGG13, CIFAR-10", "iSUN", "published", "41.2 / 16.3", "–"],
        ["", "", "measured, 3 seeds", "45.7 / 15.0 ¹", "97.50 / failed ²"],
        ["", "", "± sd", "± 1.2 / ± 0.4", "–"],
        ["", "", "difference", "+4.5 / −1.3", "–"],
    ]
    assert lines[4:6] == [
        ["", "LSUN", "published", "5.0 / 5.0", "5.0 / 5.0"],
        ["", "", "measured", "not run ³", "not run ³"],
    ]
    assert lines[6] == ["WRN\\_28, SVHN", "iSUN", "measured, 1 seed", "undefined / 97.5 ⁴", "97.50 / 97.50"]
    assert len(lines) == 7


def test_separate_methods_have_lines_of_their_own_with_the_spread_beside_the_mean() -> None:
    lines = grid(TYPESETTERS.get("md")(replace(TABLE, joined=False)))
    assert lines[:6] == [
        ["VGG13, CIFAR-10", "iSUN", "Baseline", "published", "41.2", "–"],
        ["", "", "", "measured, 3 seeds", "45.7 ± 1.2 ¹", "97.50"],
        ["", "", "", "difference", "+4.5", "–"],
        ["", "", "Confidence", "published", "16.3", "–"],
        ["", "", "", "measured, 3 seeds", "15.0 ± 0.4 ¹", "failed ²"],
        ["", "", "", "difference", "−1.3", "–"],
    ]


def test_no_cell_of_figures_is_ever_blank_or_zero() -> None:
    for joined in (True, False):
        for line in grid(TYPESETTERS.get("md")(replace(TABLE, joined=joined))):
            assert all(line[-2:])
            assert not any(re.search(r"(?<![\d.])0\.0+(?!\d)", cell) for cell in line[-2:])


def test_notes_remarks_and_sources_are_told() -> None:
    text = TYPESETTERS.get("md")(TABLE)
    for words in (
        "¹ other images", "³ LSUN is not at hand", "⁴ no threshold", "- A remark.", "mean of 5 runs",
        "In each cell: Baseline / Confidence.", "Measured: recipe paper",
    ):  # fmt: skip
        assert words in text


def test_seeds_that_differ_between_methods_are_both_told() -> None:
    fewer = replace(BETTER, seeds=(0,))
    row = replace(ROWS[0], cells=((MEASURED, fewer), (MEASURED, fewer)))
    assert grid(TYPESETTERS.get("md")(replace(TABLE, rows=(row,))))[1][2] == "measured, 3 / 1 seeds"


def test_figures_published_for_another_network_carry_its_name() -> None:
    row = replace(ROWS[0], network="resnet20", published_of="VGG13")
    assert grid(TYPESETTERS.get("md")(replace(TABLE, rows=(row,))))[0][2] == "published (VGG13)"


def test_where_nothing_was_published_there_are_no_lines_for_it() -> None:
    row = replace(ROWS[0], cells=((UNPUBLISHED, UNPUBLISHED),) * 2)
    assert [line[2] for line in grid(TYPESETTERS.get("md")(replace(TABLE, rows=(row,))))] == ["measured, 1 seed"]


def test_published_spreads_stand_beside_their_means() -> None:
    cell = replace(MEASURED, published=Figure(0.8803, 0.0025, "88.03"))
    row = replace(ROWS[0], ood="", methods=("MSP",), cells=((cell,), (cell,)))
    lines = grid(TYPESETTERS.get("md")(replace(TABLE, rows=(row,), joined=False)))
    assert lines[0] == ["VGG13, CIFAR-10", "MSP", "published", "88.03 ± 0.25", "88.03 ± 0.25"]


class Page(HTMLParser):
    """The cells of a page's table, and whether every tag is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.rows: list[list[str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "td" in self.open or "th" in self.open:
            self.rows[-1][-1] += data


def test_the_page_has_the_same_cells_and_needs_nothing_else() -> None:
    text = TYPESETTERS.get("html")(TABLE)
    page = Page(text)
    assert page.open == []
    assert page.rows[0] == ["OOD set", "Figures", "FPR@95 ↓", "AUROC ↑"]
    assert page.rows[1] == ["VGG13, CIFAR-10"]
    assert page.rows[3] == ["", "measured, 3 seeds", "45.7 / 15.01", "97.50 / failed2"]
    assert "no score &lt;today&gt; &amp; never" in text
    assert not re.search(r"(src|href)=", text)
    assert "<title>A &amp; B, Table 1</title>" in text


def test_latex_has_the_same_cells() -> None:
    text = TYPESETTERS.get("tex")(TABLE)
    assert "iSUN & published & 41.2 / 16.3 & -- \\\\" in text
    assert "& measured, 3 seeds & 45.7 / 15.0$^{1}$ & 97.50 / failed$^{2}$ \\\\" in text
    assert "& difference & +4.5 / $-$1.3 & -- \\\\" in text
    assert r"\multicolumn{4}{@{}l}{\textit{WRN\_28, SVHN}}" in text
    assert text.count("{") == text.count("}")
    widths = {line.count("&") for line in text.replace(r"\&", "").splitlines() if line.endswith(r"\\") and "&" in line}
    assert widths == {3}


def test_a_long_table_is_continued_on_further_pages_with_the_notes_it_needs() -> None:
    rows = tuple(replace(ROWS[0], key=str(number), ood=f"set {number}") for number in range(40)) + ROWS[1:]
    text = TYPESETTERS.get("tex")(replace(TABLE, rows=rows))
    pages = text.split(r"\begin{table}")[1:]
    assert len(pages) > 3
    assert sum(page.count("& published &") for page in pages) == 41
    assert all("Continued." in page for page in pages[1:])
    assert all("$^{1}$ other images" in page for page in pages if "^{1}" in page)
    assert "LSUN is not at hand" not in pages[0]
    assert "A remark." in pages[-1]
    assert "A remark." not in pages[0]


def test_the_csv_has_fractions_at_full_precision_and_says_what_is_missing() -> None:
    lines = list(csv.DictReader(io.StringIO(TYPESETTERS.get("csv")(TABLE))))
    assert len(lines) == 3 * 2 * 2
    assert {name: lines[0][name] for name in ("row", "method", "metric", "published", "measured", "measured_sd")} == {
        "row": "vgg13/cifar10/isun", "method": "Baseline", "metric": "fpr_at_95_tpr", "published": "0.412",
        "measured": "0.4567", "measured_sd": "0.0123",
    }  # fmt: skip
    assert float(lines[0]["difference"]) == pytest.approx(0.0447)
    assert (lines[0]["n_seeds"], lines[0]["seeds"], lines[0]["notes"]) == ("3", "0 1 2", "other images")
    assert (lines[3]["state"], lines[3]["measured"], lines[3]["reason"]) == ("failed", "", "no score <today> & never")
    assert {line["state"] for line in lines[4:8]} == {"not run"}


def test_every_line_has_as_many_cells_as_there_are_columns() -> None:
    sheet = paper_sheet(TABLE)
    lines = [line for group in sheet.groups for block in group.blocks for line in block]
    assert {len(line.cells) for line in lines} == {len(COLUMNS)}
    assert {len(sheet.head_cells(line)) for line in lines} == {len(sheet.heads)}
