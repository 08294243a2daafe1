"""The docs: generated parts are up to date, links lead somewhere, and what is promised is there."""

from __future__ import annotations

import importlib.util
import re
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from bench.extraction.outputs import Outputs
from bench.predictions.rows import COLUMNS as PREDICTION_COLUMNS
from bench.running.rows import COLUMNS

ROOT = Path(__file__).resolve().parents[1]
PAGES = [path for pattern in ("*.md", "docs/**/*.md") for path in sorted(ROOT.glob(pattern))]


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_parts_are_up_to_date(generate: ModuleType) -> None:
    pages = generate.documents()
    assert ROOT / "README.md" in pages
    stale = [page.name for page in pages if generate.render(page.read_text("utf-8")) != page.read_text("utf-8")]
    assert stale == [], "run: python docs/generate.py"


def test_a_stale_part_is_made_anew(generate: ModuleType) -> None:
    before, after = "a\n<!-- begin:recipes -->\nold\n<!-- end:recipes -->\n", "b\n"
    made = generate.render(before + after)
    assert "old" not in made
    assert "| `smoke` |" in made
    assert made.startswith("a\n<!-- begin:recipes -->\n")
    assert made.endswith("<!-- end:recipes -->\nb\n")


def test_what_is_pasted_by_hand_stays(generate: ModuleType) -> None:
    text = "<!-- begin:demo-table -->\n| 97.1 |\n<!-- end:demo-table -->\n"
    assert generate.render(text) == text


def test_an_unknown_part_is_an_error(generate: ModuleType) -> None:
    with pytest.raises(KeyError, match="metods"):
        generate.render("<!-- begin:metods -->\n<!-- end:metods -->\n")


def test_every_marker_is_closed(generate: ModuleType) -> None:
    for page in generate.documents():
        markers = re.findall(r"<!-- (begin|end):([a-z-]+) -->", page.read_text("utf-8"))
        assert [kind for kind, _ in markers] == ["begin", "end"] * (len(markers) // 2), page.name
        assert [name for kind, name in markers if kind == "begin"] == [name for kind, name in markers if kind == "end"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    targets = [target for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]
    for target in targets:
        file, _, heading = target.partition("#")
        linked = page.parent / file if file else page
        assert linked.exists(), target
        if heading:
            headings = re.findall(r"^#+ (.+)$", linked.read_text("utf-8"), re.MULTILINE)
            assert heading in {re.sub(r"[^\w -]", "", one).lower().replace(" ", "-") for one in headings}, target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_has_one_title_and_no_level_is_left_out(page: Path) -> None:
    text = re.sub(r"^( *)```.*?^\1```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    levels = [len(marks) for marks in re.findall(r"^(#+) ", text, re.MULTILINE)]
    assert levels.count(1) == 1
    assert all(deeper - level <= 1 for level, deeper in pairwise(levels))


def test_every_column_is_explained() -> None:
    explained = re.findall(r"`([a-z_0-9]+)`", (ROOT / "docs" / "results.md").read_text("utf-8"))
    assert set(COLUMNS) - set(explained) == set()


def test_every_column_of_right_and_wrong_predictions_is_explained() -> None:
    explained = re.findall(r"`([a-z_0-9]+)`", (ROOT / "docs" / "misclassification.md").read_text("utf-8"))
    assert set(PREDICTION_COLUMNS) - set(explained) == set()


def test_the_method_that_contributing_shows_can_be_used() -> None:
    [code] = re.findall(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.DOTALL)
    namespace: dict[str, Any] = {}
    exec(code, namespace)  # noqa: S102 - our own page
    logits = np.array([[1, 5, 2], [4, 3, 0]], dtype=np.float32)
    scores = namespace["LogitMargin"].make({}).score(Outputs(logits, features=logits))
    assert scores.dtype == np.float64
    assert scores.tolist() == [3, 1]


def test_the_readme_begins_with_the_two_commands() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    [block] = re.findall(r"## Two commands\n\n```sh\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    targets = re.findall(r"^make (\w+)", block, re.MULTILINE)
    assert targets == ["demo", "test"]
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)
