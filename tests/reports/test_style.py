from __future__ import annotations

import itertools
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bench.report import REPORTS, Results

style = import_module("bench.reports.style")

Floats = NDArray[np.float64]

# Machado, Oliveira & Fernandes (2009), full severity, on linear RGB.
VISION = {
    "full": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}
RGB_TO_XYZ = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]]


def lab(color: str, vision: str) -> Floats:
    """CIELAB of a colour as a kind of vision sees it."""
    values = np.array([int(color[start : start + 2], 16) for start in (1, 3, 5)]) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(VISION[vision]) @ linear, 0, 1)
    ratio = np.array(RGB_TO_XYZ) @ seen / np.array([0.95047, 1.0, 1.08883])
    x, y, z = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("vision", VISION)
def test_colours_are_told_apart_by_every_kind_of_vision(vision: str) -> None:
    pairs = itertools.combinations(style.PALETTE, 2)
    assert min(np.linalg.norm(lab(one, vision) - lab(other, vision)) for one, other in pairs) > 15


@pytest.mark.parametrize("color", [*style.PALETTE, style.NEUTRAL_COLOR])
def test_colours_are_dark_enough_on_white(color: str) -> None:
    assert lab(color, "full")[0] < 75


@given(st.sets(st.text(min_size=1), max_size=42))
def test_looks_are_distinct_and_do_not_depend_on_order(names: set[str]) -> None:
    looks = style.looks(names)
    assert len(set(looks.values())) == len(names)
    assert looks == style.looks(sorted(names, reverse=True))
    assert len({look.color for look in looks.values()}) == min(len(names), 7)
    assert all(look.dashes == () for look in looks.values()) == (len(names) <= 7)


@given(st.sets(st.text(min_size=1), min_size=1, max_size=42), st.data())
def test_those_that_choose_first_have_the_colours_they_would_have_alone(names: set[str], data: st.DataObject) -> None:
    first = data.draw(st.sets(st.sampled_from(sorted(names)), max_size=7))
    looks = style.looks(names, first)
    assert {name: looks[name] for name in first} == style.looks(first)
    assert set(looks) == names
    assert len(set(looks.values())) == len(names)


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_method_keeps_its_colour_unless_another_has_the_same(name: str, other: str) -> None:
    alone, beside = style.looks([name])[name], style.looks([name, other])[name]
    assert beside == alone or style.looks([other])[other] == alone


def test_figures_leave_the_settings_alone_and_do_not_depend_on_them(small: Results, tmp_path: Path) -> None:
    folders = [tmp_path / "plain", tmp_path / "changed"]
    for folder in folders:
        folder.mkdir()
    before = dict(mpl.rcParams)
    REPORTS.get("roc-curves")().write(small, folders[0])
    assert dict(mpl.rcParams) == before
    with mpl.rc_context({"lines.linewidth": 9, "axes.facecolor": "red", "font.size": 30, "savefig.dpi": 20}):
        REPORTS.get("roc-curves")().write(small, folders[1])
    for path in folders[0].iterdir():
        assert path.read_bytes() == (folders[1] / path.name).read_bytes()


def test_no_figure_stays_open(small: Results, tmp_path: Path) -> None:
    import matplotlib.pyplot as plt

    REPORTS.get("score-histograms")().write(small, tmp_path)
    assert plt.get_fignums() == []


@pytest.mark.parametrize(
    ("name", "shown"),
    [("svhn", "svhn"), ("a\n$b$", "a $b$"), ("日", "[U+65E5]"), ("x" * 50 + "end", "x" * 20 + "…" + "x" * 10 + "end")],
)
def test_names_in_figures(name: str, shown: str) -> None:
    assert style.figure_name(name) == shown


def test_one_method_has_one_colour_in_all_figures(
    small: Results, tmp_path: Path, make_results: Callable[..., Results]
) -> None:
    color = style.looks(["msp", "confidence"])["confidence"].color.lower()
    paths = [
        path
        for name in ("roc-curves", "score-histograms", "confidence-histogram", "cost-against-auroc")
        for path in REPORTS.get(name)().write(small, tmp_path)
    ]
    drawings = [path for path in paths if path.suffix == ".svg" and "msp" not in path.name]
    assert len(drawings) == 4
    assert all(color in path.read_text(encoding="utf-8").lower() for path in drawings)
