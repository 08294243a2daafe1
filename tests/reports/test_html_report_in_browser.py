"""The HTML report in a real Chromium, opened from disk without a network."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bench.report_page import REPORT_PAGES, Gallery, PageMaterial, Thumbnail
from bench.reporting.browser import BROWSERS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = next((path for name in BROWSERS if (path := shutil.which(name))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=f"no Chromium browser is installed: {', '.join(BROWSERS)}")

EVIL = "<script>alert(1)</script>"
PAYLOADS = (
    "<img src=x onerror=alert(1)>", '"><svg onload=alert(1)>', "' onmouseover='alert(1)", "javascript:alert(1)",
    "</title><script>alert(1)</script>", "{{ 7 * 7 }}", "</script><script>alert(1)</script>", "<!--", "]]>",
    "&lt;b&gt;", "\u202e\u2028",
)  # fmt: skip
"""What data sets, methods and networks may be called where a results folder is somebody else's."""

GROUPS = {"msp": "logits", "odin": "gradients", "confidence": "baselines"}


def material_of(results: Any, **changes: Any) -> PageMaterial:
    return PageMaterial(results=results, groups=GROUPS, **changes)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def made(make_results: Callable[..., Any]) -> PageMaterial:
    """A data set, a method's warnings, a file of an audit and the rest with names that want to be run."""
    results = make_results(
        methods=("msp", "odin", "confidence"), oods=(EVIL, "svhn", "isun", "gaussian", "cifar100"), n_id=400, n_ood=300
    )
    results.rows["warnings"] = f"tied {EVIL}"
    for column in ("id_note", "ood_note", "network_note", "transform", "tuned_on"):
        results.rows[column] = f"{column} {EVIL}"
    doubles = {"among": EVIL, "known": EVIL, "images": 9, "exact": 1, "near": None}
    pair = {"ood": EVIL, "verdict": EVIL, "statistics": [{"statistic": EVIL, "auroc": 0.5}]}
    pair |= {"probes": [{"features": EVIL, "auroc": 0.5}], "duplicates": [doubles]}
    image = Thumbnail("data:image/png;base64,iVBORw0KGgo=", EVIL)
    return material_of(
        replace(results),
        audits={f"audit {EVIL}.json": {"pairs": [pair], "id_test_in_train": doubles}},
        sheets=[Thumbnail("data:image/png;base64,iVBORw0KGgo=", EVIL)],
        galleries=[Gallery(EVIL, [image])],
        remarks=[EVIL],
        command=f"bench report {EVIL}",
        provenance=[
            {"command": EVIL, "cells": 1, "first": "", "last": "", "device": EVIL, "threads": 1, "python": EVIL}
            | {"git": {"commit": EVIL, "dirty": True}, "packages": {EVIL: EVIL}, "plugins": [EVIL]}
        ],
    )


@pytest.fixture
def page(browser: Browser, made: PageMaterial, tmp_path: Path) -> Iterator[Page]:
    path = tmp_path / "report.html"
    path.write_text(REPORT_PAGES.get("html")(made), encoding="utf-8")
    context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    opened = context.new_page()
    problems: list[str] = []
    opened.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("dialog", lambda dialog: problems.append(f"dialog {dialog.message}"))
    opened.on("request", lambda one: None if one.url.startswith(("file:", "data:")) else problems.append(one.url))
    opened.goto(path.as_uri())
    yield opened
    # The picture in the gallery is none on purpose; nothing else may go wrong.
    assert problems == []
    context.close()


def methods(page: Page) -> list[str]:
    return [text.strip() for text in page.locator("#table tbody th").all_inner_texts()]


def column(page: Page, place: int) -> list[float]:
    return [
        float(text.replace("●", "").replace("▽", ""))
        for text in page.locator(f"#table tbody tr td:nth-child({place})").all_inner_texts()
    ]


def test_names_stay_text(page: Page) -> None:
    assert EVIL in page.locator("#table thead").inner_text()
    assert page.locator(".answer").inner_text().count(EVIL) >= 2
    assert page.locator("script").count() == 2  # the data and the page's own
    assert "alert(1)" not in page.locator("script").nth(1).inner_text()


def test_no_payload_runs_wherever_it_stands(browser: Browser, make_results: Callable[..., Any], tmp_path: Path) -> None:
    results = make_results(
        methods=PAYLOADS[:6], oods=PAYLOADS[5:], n_id=60, n_ood=50, score=lambda method, gap: gap + len(method) / 50
    )
    results.rows["network"], results.rows["id"] = PAYLOADS[0], PAYLOADS[1]
    for place, name in enumerate(("id_note", "ood_note", "network_note", "transform", "tuned_on", "warnings")):
        results.rows[name] = PAYLOADS[place]
    (tmp_path / "report.html").write_text(
        REPORT_PAGES.get("html")(material_of(results, remarks=list(PAYLOADS), command=PAYLOADS[3])), encoding="utf-8"
    )
    page = browser.new_page()
    problems: list[str] = []
    page.on("dialog", lambda dialog: problems.append(dialog.message))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda one: None if one.url.startswith(("file:", "data:")) else problems.append(one.url))
    page.goto((tmp_path / "report.html").as_uri())
    for row in page.locator("#table tbody th").all():
        row.hover()
    assert page.locator("script").count() == 2
    assert page.locator("[onerror], [onload], [onmouseover], a[href^='javascript']").count() == 0
    assert PAYLOADS[5] in page.locator("body").inner_text()
    assert problems == []
    page.close()


def test_columns_sort_both_ways(page: Page) -> None:
    means = column(page, 3)
    assert means == sorted(means, reverse=True)
    page.locator('[data-sort="mean"]').click()
    assert column(page, 3) == sorted(means)
    assert page.locator('#table th[aria-sort="ascending"]').inner_text().startswith("Mean")
    page.locator('[data-sort="method"]').click()
    assert methods(page) == ["confidence", "msp", "odin"]


def test_filters_by_method_group_and_set(page: Page) -> None:
    page.fill("#find", "OD")
    assert methods(page) == ["odin"]
    page.fill("#find", "")
    page.select_option("#group", "baselines")
    assert methods(page) == ["confidence"]
    page.select_option("#group", "")
    before = page.locator("#table thead th").count()
    page.select_option("#sets", label="gaussian")
    assert page.locator("#table thead th").count() == before - 5  # four sets and their mean
    assert page.locator('[data-sort="set3"]').inner_text().startswith("gaussian")


def test_metric_and_convention_are_those_of_the_rows(page: Page, made: PageMaterial) -> None:
    assert page.locator("#reading").is_disabled()
    page.select_option("#metric", "fpr")
    for reading in ("fpr_at_95_tpr", "fpr_at_95_tpr_ood"):
        page.select_option("#reading", reading)
        rows = made.results.rows
        expected = rows.groupby("method")[reading].mean().sort_values()
        assert methods(page) == list(expected.index)
        assert column(page, 3) == pytest.approx(100 * expected.to_numpy(), abs=0.051)


def test_cursor_reads_the_curve(page: Page, made: PageMaterial) -> None:
    page.select_option("#curve-set", label="svhn")
    picture = page.locator("#curves svg[tabindex]")
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    assert box is not None
    left, right = 52 / 640, 626 / 640
    page.mouse.move(box["x"] + box["width"] * (left + 0.2 * (right - left)), box["y"] + box["height"] / 2)
    assert "TPR at FPR" in page.locator("#curves .cursor-at").inner_text()
    row = made.results.rows.query("ood == 'svhn' and method == 'msp'").iloc[0]
    scores = made.results.scores(row["key"])
    threshold = sorted(scores.ood_scores)[-round(0.2 * scores.ood_scores.size)]
    expected = 100 * (scores.id_scores >= threshold).mean()
    shown = page.locator("#curves .legend li", has_text="msp").locator(".value").inner_text()
    assert float(shown) == pytest.approx(expected, abs=1.5)


def test_keyboard_reaches_and_moves(page: Page) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.locator('[data-sort="mean"]').focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.dataset.sort") == "mean"
    page.locator("#curves svg[tabindex]").focus()
    page.keyboard.press("ArrowRight")
    first = page.locator("#curves .cursor-at").inner_text()
    page.keyboard.press("ArrowRight")
    assert page.locator("#curves .cursor-at").inner_text() != first
    page.locator("#log").focus()
    page.keyboard.press("Space")
    assert page.locator("#log").is_checked()


def test_methods_are_drawn_as_ticked(page: Page) -> None:
    assert page.locator("#curves .legend li").count() == 3
    page.get_by_label("Draw odin").uncheck()
    assert page.locator("#curves .legend li").count() == 2
    assert page.locator("#histograms figure").count() == 2


def test_dark_mode_switches(page: Page) -> None:
    colour = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(colour)
    page.click("#theme")
    dark = page.evaluate(colour)
    assert dark != light
    page.click("#theme")
    assert page.evaluate(colour) == light
    page.emulate_media(color_scheme="dark")
    page.evaluate("delete document.documentElement.dataset.theme")
    assert page.evaluate(colour) == dark


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_window(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_ticks_are_round(page: Page) -> None:
    tick = "[...document.querySelectorAll('#cost svg text[text-anchor=end]')].map((one) => one.textContent)"
    values = [float(text) for text in page.evaluate(tick)]
    steps = {round(b - a, 6) for a, b in pairwise(values)}
    assert len(values) > 2
    assert len(steps) == 1
    assert f"{steps.pop():e}"[0] in "125"


def test_names_in_the_cost_picture_cover_no_point_and_no_name(page: Page) -> None:
    boxes = (
        "(what) => [...document.querySelectorAll('#cost ' + what)].map((one) => one.getBoundingClientRect().toJSON())"
    )
    names, points = page.evaluate(boxes, "text.point-name"), page.evaluate(boxes, "circle")
    assert names
    for place, name in enumerate(names):
        for other in [*points, *names[place + 1 :]]:
            across = min(name["right"], other["right"]) - max(name["left"], other["left"])
            down = min(name["bottom"], other["bottom"]) - max(name["top"], other["top"])
            assert min(across, down) <= 2  # a text's box is higher than its letters


def test_gain_over_trivial_is_that_of_the_means(page: Page, made: PageMaterial) -> None:
    means = made.results.rows.groupby("method")["auroc"].mean()
    shown = dict(zip(methods(page), page.locator("#table tbody tr td:nth-child(9)").all_inner_texts(), strict=True))
    assert float(shown["odin"].replace("−", "-")) == pytest.approx(
        100 * (means["odin"] - means["confidence"]), abs=0.051
    )


def test_words_below_the_table_say_what_is_tested(page: Page) -> None:
    assert "▽" in page.locator("#marks").inner_text()
    page.select_option("#metric", "fpr")
    assert "Without resamples" in page.locator("#marks").inner_text()
