"""The leaderboard of real runs in a real Chromium, opened from disk without a network."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bench.reporting import write_leaderboard
from bench.reporting.browser import BROWSERS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = next((path for name in BROWSERS if (path := shutil.which(name))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=f"no Chromium browser is installed: {', '.join(BROWSERS)}")

EVIL = "<script>alert(1)</script>"
EVIL_FOLDER = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(
    browser: Browser,
    runs: list[Path],
    tmp_path: Path,
    remake: Callable[[Path, Callable[[dict[str, Any]], None]], None],
) -> Iterator[Page]:
    """Three runs: one under another protocol of an evil name, one in a folder of an evil name with a report."""

    def change(record: dict[str, Any]) -> None:
        record["cell"]["protocol"] = record["row"]["protocol"] = EVIL

    evil = Path(shutil.copytree(runs[0], tmp_path / "evil"))
    remake(evil, change)
    second = runs[1].rename(tmp_path / EVIL_FOLDER)
    (second / "report.html").write_text("<title>the report</title>")
    path = write_leaderboard([runs[0], second, evil], tmp_path / "site")
    context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    opened = context.new_page()
    problems: list[str] = []
    opened.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("dialog", lambda dialog: problems.append(f"dialog {dialog.message}"))
    opened.on("request", lambda one: None if one.url.startswith(("file:", "data:")) else problems.append(one.url))
    opened.goto(path.as_uri())
    yield opened
    assert problems == []
    context.close()


def texts(page: Page, selector: str) -> list[str]:
    return [text.strip() for text in page.locator(selector).all_inner_texts()]


def test_names_stay_text_and_reports_are_linked(page: Page) -> None:
    page.select_option("#board", label=f"digits · {EVIL} · fp32")
    assert EVIL in page.locator("#board-title").inner_text()
    assert EVIL_FOLDER in page.locator("#runs").inner_text()
    page.select_option("#board", "0")
    page.locator("#table a", has_text=EVIL_FOLDER).first.click()
    assert page.title() == "the report"


def test_sorts_filters_and_switches(page: Page) -> None:
    lines = page.locator("#table tbody tr")
    assert lines.count() == 6
    first_set = "#table tbody tr td.figure:nth-child(5)"
    page.locator('[data-sort="set0"]').click()
    figures = [float(text.replace("●", "")) for text in texts(page, first_set) if text != "–"]
    assert figures == sorted(figures, reverse=page.locator('[aria-sort="descending"]').count() == 1)
    page.fill("#find", "bright")
    assert texts(page, "#table tbody th") == ["brightness"] * 2
    page.select_option("#run", "a")
    assert lines.count() == 1
    before = page.locator("#table").inner_text()
    page.select_option("#metric", "fpr")
    assert page.locator("#table").inner_text() != before


def test_ranks_are_drawn_where_there_are_enough_pairs(page: Page) -> None:
    assert page.locator("#ranks svg circle").count() == 3
    assert "measured on all 6 pairs" in page.locator("#ranks").inner_text()


def test_dark_mode_and_narrow_windows(page: Page) -> None:
    colour = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(colour)
    page.click("#theme")
    assert page.evaluate(colour) != light
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
