from __future__ import annotations

import csv
import itertools
import re
import shutil
import statistics
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.report import REPORTS, CellScores, Results
from bench.running.rows import rows_to_frame

MakeRow = Callable[..., dict[str, Any]]

METRICS = ("fpr_at_95_tpr", "detection_error", "auroc", "aupr_in", "aupr_out")
ALL_METRICS = (*METRICS, "fpr_at_95_tpr_ood", "fpr_at_95_tpr_band")
TITLES = ("FPR@95 ↓", "Det. err. ↓", "AUROC ↑", "AUPR-in ↑", "AUPR-out ↑")
SUPERSCRIPT = re.compile(r" [⁰¹²³⁴⁵⁶⁷⁸⁹]+")


def no_scores(key: str) -> CellScores:
    raise AssertionError(f"a table asked for the scores of {key}")


def written(folder: Path, *rows: dict[str, Any]) -> dict[str, str]:
    """The files of the report by their endings."""
    paths = REPORTS.get("comparison-table")().write(Results(rows_to_frame(rows), no_scores), folder)
    return {path.suffix[1:]: path.read_text(encoding="utf-8") for path in paths}


def markdown_tables(text: str) -> list[list[list[str]]]:
    """The cells of each table, unescaped, without notes; empty first cells are filled from above."""
    tables = []
    for is_table, lines in itertools.groupby(text.splitlines(), key=lambda line: line.startswith("|")):
        if is_table:
            cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in lines]
            plain = [[re.sub(r"\\(.)", r"\1", SUPERSCRIPT.sub("", cell.strip())) for cell in row] for row in cells]
            for above, row in itertools.pairwise(plain):
                row[:2] = [cell or filler for cell, filler in zip(row[:2], above, strict=False)]
            tables.append(plain)
    return tables


def chapter(text: str, title: str) -> str:
    """What stands below a heading of the second level."""
    [found] = [part for part in re.split(r"^## ", text, flags=re.MULTILINE) if part.startswith(f"{title}\n")]
    return found


def main_table(text: str) -> list[list[str]]:
    """The cells of the comparison table of a run with one block."""
    [table] = markdown_tables(chapter(text, "Comparison"))
    return table


def latex_tables(text: str) -> str:
    """The comparison tables, without overview and costs."""
    tables = re.findall(r"\\begin\{table\}.*?\\end\{table\}", text, flags=re.DOTALL)
    return "\n".join(table for table in tables if not re.search(r"\\caption.* (Overview|Cost)\.\}", table))


def latex_rows(text: str) -> list[list[str]]:
    """The cells of the lines of all tabulars, with bold written as in Markdown."""
    lines = [line.strip().removesuffix(r"\\").split(" & ") for line in text.splitlines() if " & " in line]
    return [[re.sub(r"\\textbf\{(.*?)\}", r"**\1**", cell).strip() for cell in line] for line in lines]


def bold(value: str) -> bool:
    return value.startswith("**")


def test_markdown_holds_every_row_in_percent(make_row: MakeRow, tmp_path: Path) -> None:
    rows = [
        make_row(method=method, ood=ood, n_ood=n, **{name: value + i / 100 for i, name in enumerate(METRICS)})
        for method, ood, n, value in (
            ("msp", "svhn", 26_032, 0.5),
            ("odin", "svhn", 26_032, 0.6),
            ("msp", "isun", 8925, 0.7),
        )
    ]
    main = main_table(written(tmp_path, *rows)["md"])
    assert main[0] == ["OOD set", "Images", "Method", *TITLES]
    for row, cells in zip(rows, main[2:], strict=True):
        assert cells[:3] == [row["ood"], f"{row['n_ood']:,}", row["method"]]
        assert [float(cell.strip("*")) for cell in cells[3:]] == pytest.approx(
            [100 * row[m] for m in METRICS], abs=0.051
        )


def test_csv_holds_full_precision_and_every_reading(realistic: Results, tmp_path: Path) -> None:
    REPORTS.get("comparison-table")().write(realistic, tmp_path)
    with (tmp_path / "comparison.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 32
    for line in lines:
        rows = realistic.rows[(realistic.rows["method"] == line["method"]) & (realistic.rows["ood"] == line["ood"])]
        assert line["seeds"] == "0 1"
        assert int(line["n_seeds"]) == len(rows) == 2
        for metric in (*ALL_METRICS, "id_accuracy"):
            assert float(line[metric]) == pytest.approx(rows[metric].mean(), abs=1e-15)
            assert float(line[f"{metric}_sd"]) == pytest.approx(rows[metric].std(ddof=1), abs=1e-15)


def test_latex_and_markdown_say_the_same(realistic: Results, tmp_path: Path) -> None:
    REPORTS.get("comparison-table")().write(realistic, tmp_path)
    main = main_table((tmp_path / "comparison.md").read_text(encoding="utf-8"))
    from_markdown = [[cell.replace("**", "") for cell in row[3:]] for row in main[2:]]
    bold_in_markdown = [[bold(cell) for cell in row[3:]] for row in main[2:]]
    text = latex_tables((tmp_path / "comparison.tex").read_text(encoding="utf-8"))
    rows = [row for row in latex_rows(text) if row[0] != "Method"]
    in_latex = [
        [re.sub(r"\*\*|\{\\scriptsize\$\\pm\$\\,(.*?)\}", r"\1", cell).replace(r"\,", " ") for cell in row[1:]]
        for row in rows
    ]
    assert [[cell.replace(" ± ", " ") for cell in row] for row in from_markdown] == in_latex
    assert bold_in_markdown == [[bold(cell) for cell in row[1:]] for row in rows]
    assert any(map(any, bold_in_markdown))


def test_best_is_bold_in_its_direction(make_row: MakeRow, tmp_path: Path) -> None:
    rows = [make_row(method="a", auroc=0.9, fpr_at_95_tpr=0.3), make_row(method="b", auroc=0.8, fpr_at_95_tpr=0.2)]
    a, b = markdown_tables(written(tmp_path, *rows)["md"])[0][2:]
    auroc, fpr = 3 + METRICS.index("auroc"), 3 + METRICS.index("fpr_at_95_tpr")
    assert (a[auroc], b[auroc]) == ("**90.0**", "80.0")
    assert (a[fpr], b[fpr]) == ("30.0", "**20.0**")


def test_ties_are_all_bold_and_near_ties_get_a_second_decimal(make_row: MakeRow, tmp_path: Path) -> None:
    rows = [make_row(method=m, auroc=a) for m, a in (("a", 0.9), ("b", 0.9), ("c", 0.8))]
    tied = [row[5] for row in markdown_tables(written(tmp_path, *rows)["md"])[0][2:]]
    assert tied == ["**90.0**", "**90.0**", "80.0"]
    rows = [make_row(method=m, auroc=a) for m, a in (("a", 0.9001), ("b", 0.9003), ("c", 0.90028))]
    near = [row[5] for row in markdown_tables(written(tmp_path, *rows)["md"])[0][2:]]
    assert near == ["90.01", "**90.03**", "**90.03**"]


def test_a_single_method_is_never_the_best(make_row: MakeRow, tmp_path: Path) -> None:
    assert "**" not in written(tmp_path, make_row(), make_row(ood="isun"))["md"]


@pytest.mark.parametrize(
    "difference",
    [
        {"protocol": "paper-oracle"},
        {"n_ood": 9000},
        {"n_id": 9000},
        {"ood_note": "b"},
        {"precision": "bf16"},
        {"seed": 1},
    ],
)
def test_best_is_not_marked_between_rows_that_cannot_be_compared(
    make_row: MakeRow, tmp_path: Path, difference: dict[str, Any]
) -> None:
    files = written(tmp_path, make_row(), make_row(method="odin", auroc=0.99, **difference))
    assert "**" not in files["md"]
    assert r"\textbf" not in files["tex"]


def test_methods_without_a_network_stand_in_the_table_of_every_network(make_row: MakeRow, tmp_path: Path) -> None:
    none = {"method": "brightness", "network": "none", "objective": "none", "seed": None, "id_accuracy": None}
    rows = [make_row(auroc=0.7, seed=s) for s in (0, 1)] + [make_row(network="vgg13", auroc=0.99)]
    files = written(tmp_path, *rows, make_row(**none, auroc=0.8))
    first, second = markdown_tables(chapter(files["md"], "Comparison"))
    assert [[row[2], row[5]] for row in first[2:]] == [["msp", "70.0 ± 0.0"], ["brightness", "**80.0**"]]
    assert [[row[2], row[5]] for row in second[2:]] == [["msp", "**99.0**"], ["brightness", "80.0"]]
    assert files["md"].count("network none") == 0
    lines = list(csv.DictReader(files["csv"].splitlines()))
    assert [(line["network"], line["method"], line["objective"], line["seeds"]) for line in lines] == [
        ("resnet20", "msp", "cross-entropy", "0 1"),
        ("resnet20", "brightness", "none", ""),
        ("vgg13", "msp", "cross-entropy", "0"),
        ("vgg13", "brightness", "none", ""),
    ]


def test_an_ensemble_stands_beside_its_networks_without_a_seed(make_row: MakeRow, tmp_path: Path) -> None:
    rows = [make_row(seed=seed) for seed in (0, 1)] + [make_row(method="deep-ensemble", seed=None, auroc=0.99)]
    text = written(tmp_path, *rows)["md"]
    assert [row[2:4] for row in main_table(text)[2:]] == [["msp", "2"], ["deep-ensemble", "–"]]
    assert "mean ± sd over 2 seeds (0, 1)" in text
    assert "**" not in text


def test_precisions_have_tables_of_their_own(make_row: MakeRow, tmp_path: Path) -> None:
    files = written(tmp_path, make_row(), make_row(precision="bf16"))
    assert len(markdown_tables(chapter(files["md"], "Comparison"))) == 2
    assert files["md"].count("precision bf16") == files["tex"].count("precision bf16") + 1 == 3
    assert [line["precision"] for line in csv.DictReader(files["csv"].splitlines())] == ["fp32", "bf16"]


def test_protocols_have_tables_of_their_own_with_their_names(make_row: MakeRow, tmp_path: Path) -> None:
    files = written(tmp_path, make_row(), make_row(protocol="paper-oracle", tuned_on="the first 1,000 images of svhn"))
    headings = [line for line in files["md"].splitlines() if line.startswith("### ")]
    assert ["protocol published" in line for line in headings] == [True, False] * 3
    assert ["protocol paper-oracle" in line for line in headings] == [False, True] * 3
    assert re.findall(r"\\caption\{.*protocol ([\w{}-]+)", files["tex"]) == ["published", "paper{-}oracle"] * 2
    assert "parameters tuned on the first 1,000 images of svhn" in files["md"]


def test_seeds_are_averaged_with_the_sample_sd(make_row: MakeRow, tmp_path: Path) -> None:
    aurocs = (0.90, 0.92, 0.97)
    rows = [make_row(seed=s, auroc=a, id_accuracy=0.94 + s / 100, weights=f"w{s}") for s, a in enumerate(aurocs)]
    text = written(tmp_path, *rows)["md"]
    assert markdown_tables(text)[0][2][5] == f"93.0 ± {100 * statistics.stdev(aurocs):.1f}" == "93.0 ± 3.6"
    assert "mean ± sd over 3 seeds (0, 1, 2)" in text
    assert "95.00 ± 1.00 %" in text


def test_unequal_numbers_of_seeds_have_a_column(make_row: MakeRow, tmp_path: Path) -> None:
    rows = [make_row(seed=0), make_row(seed=1), make_row(method="odin")]
    files = written(tmp_path, *rows)
    main = main_table(files["md"])
    assert main[0][3] == "Seeds"
    assert [row[2:4] for row in main[2:]] == [["msp", "2"], ["odin", "1"]]
    assert latex_rows(files["tex"])[0][1] == "Seeds"


def test_undefined_is_a_dash_with_a_note_and_empty_in_the_csv(make_row: MakeRow, tmp_path: Path) -> None:
    rows = [make_row(auroc=None, fpr_at_95_tpr_band=None), make_row(method="odin")]
    files = written(tmp_path, *rows)
    assert "| – ¹ |" in files["md"]
    assert files["md"].count("¹ undefined for these scores") == 2  # in the main table and in the other readings
    assert "$^{1}$ undefined for these scores" in files["tex"]
    assert "--$^{1}$" in files["tex"]
    line = next(csv.DictReader(files["csv"].splitlines()))
    assert line["auroc"] == line["auroc_sd"] == line["fpr_at_95_tpr_band"] == ""


def test_undefined_for_one_seed_names_the_seed(make_row: MakeRow, tmp_path: Path) -> None:
    assert "undefined for these scores (seed 1)" in written(tmp_path, make_row(), make_row(seed=1, auroc=None))["md"]


def test_notes_tell_bindings_parameters_and_warnings_once(make_row: MakeRow, tmp_path: Path) -> None:
    odin = {"method": "odin", "parameters": {"temperature": 1000.0, "unit": "raw"}}
    rows = [
        make_row(id_note="bound to folder:id"),
        make_row(id_note="bound to folder:id", ood_note="npz:svhn.npz, 10,000 images", **odin),
        make_row(id_note="bound to folder:id", ood="isun", warnings=["tied scores: 2 %", "small"], **odin),
    ]
    text = chapter(written(tmp_path, *rows)["md"], "Comparison")
    notes = [SUPERSCRIPT.sub("", f" {line.strip()}") for line in text.splitlines() if re.match(r"[¹²³⁴⁵⁶⁷⁸⁹]", line)]
    assert notes == [
        " cifar10: bound to folder:id",
        " svhn: npz:svhn.npz, 10,000 images",
        " odin: temperature = 1000, unit = raw",
        " odin, isun: tied scores: 2 %; small",
    ]
    assert len(re.findall(r"\| odin ³", text)) == 2
    assert "| odin ³ ⁴ |" in text


def test_parameters_that_vary_say_where(make_row: MakeRow, tmp_path: Path) -> None:
    rows = [
        make_row(method="odin", ood=ood, parameters={"T": 10, "epsilon": e})
        for ood, e in (("a", 0.1), ("b", 0.2), ("c", 0.1))
    ]
    assert "odin: T = 10, epsilon = 0.1 (a, c), 0.2 (b)" in written(tmp_path, *rows)["md"]


def test_accuracy_of_each_network(make_row: MakeRow, tmp_path: Path) -> None:
    other = {"objective": "learned-confidence", "id_accuracy": 0.9456, "weights": "other"}
    rows = [make_row(), make_row(method="odin"), make_row(method="confidence", **other)]
    expected = "91.73 % trained with cross-entropy (msp, odin); 94.56 % trained with learned-confidence (confidence)"
    assert f"ID accuracy: {expected}." in written(tmp_path, *rows)["md"]
    assert "ID accuracy: – trained with cross-entropy." in written(tmp_path, make_row(id_accuracy=None))["md"]


def test_other_readings_stand_apart_under_their_own_names(make_row: MakeRow, tmp_path: Path) -> None:
    text = written(tmp_path, make_row(fpr_at_95_tpr_ood=0.111, fpr_at_95_tpr_band=0.222))["md"]
    main = main_table(text)
    [other] = markdown_tables(chapter(text, "Other readings of FPR@95"))
    assert other[0][3:] == ["FPR@95, OOD positive ↓", "FPR@95, ID positive, mean over TPR 94.95–95.05 ↓"]
    assert other[2][3:] == ["11.1", "22.2"]
    assert not {"11.1", "22.2"} & set(main[2])


def test_other_readings_have_the_notes_of_the_main_table(make_row: MakeRow, tmp_path: Path) -> None:
    told = {"id_note": "bound", "ood_note": "derived", "warnings": ["tied scores"], "parameters": {"epsilon": 0.1}}
    text = written(tmp_path, make_row(**told, fpr_at_95_tpr_band=None))["md"]
    other = chapter(text, "Other readings of FPR@95")
    notes = ("cifar10: bound", "svhn: derived", "msp: epsilon = 0.1", "msp, svhn: tied scores")
    assert all(note in chapter(text, "Comparison") and note in other for note in notes)
    assert "svhn ²" in other
    assert "msp ³ ⁴" in other
    assert "undefined for these scores" in other
    assert other.count("ID accuracy") == 0, "the main table says it"


NASTY = [
    "a|b",
    "50%_of $x$",
    r"C:\dir\x",
    "{#&~^}",
    "<i>*b*</i> [l](u)",
    "`q`\"'",
    "é ñ ß",
    "日本",
    "a\nb\x1b[0m",
    "--x",
    "*",
    "[3]",
]


def test_names_of_any_characters_come_back_from_markdown(make_row: MakeRow, tmp_path: Path) -> None:
    rows = [make_row(ood=name, method=name) for name in NASTY]
    main = main_table(written(tmp_path, *rows)["md"])
    expected = [" ".join(re.sub(r"[\n\x1b]", " ", name).split()).replace("&", "&amp;") for name in NASTY]
    assert [row[0] for row in main[2:]] == [row[2] for row in main[2:]] == expected


def test_names_of_any_characters_come_back_from_csv(make_row: MakeRow, tmp_path: Path) -> None:
    written(tmp_path, *(make_row(ood=name, method=name) for name in NASTY))
    with (tmp_path / "comparison.csv").open(encoding="utf-8", newline="") as file:
        assert [(line["ood"], line["method"]) for line in csv.DictReader(file)] == [(name, name) for name in NASTY]


def test_long_tables_are_continued_with_every_line_once(make_row: MakeRow, tmp_path: Path) -> None:
    rows = [make_row(ood=f"set{o}", method=f"m{m}") for o in range(12) for m in range(9)]
    text = latex_tables(written(tmp_path, *rows)["tex"])
    pages = text.split(r"\begin{table}")[1:]
    assert len(pages) == 4
    assert all(page.count(" & ") <= (36 + 1) * 5 for page in pages)
    assert re.findall(r"(set\d+) \(10,000", text) == [f"set{o}" for o in range(12)]
    assert all("protocol published" in page for page in pages)
    assert [("Continued." in page) for page in pages] == [False, True, True, True]


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_latex_compiles(make_row: MakeRow, tmp_path: Path) -> None:
    rows = [make_row(ood=name, method=name, id=f"id {name}", warnings=[name], seed=s) for name in NASTY for s in (0, 1)]
    written(tmp_path, *rows)
    document = r"\documentclass{article}\usepackage{booktabs}\begin{document}\input{comparison.tex}\end{document}"
    (tmp_path / "paper.tex").write_text(document, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-draftmode", "paper.tex"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False)
    assert result.returncode == 0, result.stdout[-2000:]


def test_latex_is_balanced_and_leaves_no_special_character_bare(make_row: MakeRow, tmp_path: Path) -> None:
    text = written(tmp_path, *(make_row(ood=name, method=name, warnings=[name]) for name in NASTY))["tex"]
    for environment in ("table", "tabular", "minipage"):
        assert text.count(rf"\begin{{{environment}}}") == text.count(rf"\end{{{environment}}}") > 0
    bare = re.sub(r"\\[\\{}#&%$_]", "", "\n".join(text.splitlines()[1:]))
    assert bare.count("{") == bare.count("}")
    assert not re.search(r"[#%~<>|]", bare)
    assert len(re.findall(r"\$", bare)) % 2 == 0
    assert {line.count(" & ") for line in latex_tables(text).splitlines() if " & " in line} == {5}
