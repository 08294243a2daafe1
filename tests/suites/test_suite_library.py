"""Suites that installed packages bring, beside those that are shipped."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench.cli.kinds import Kind, all_named
from bench.errors import BenchError
from bench.suites.library import find_suite, suite_names

MODULE = """
TABLE = {"title": "A table", "id": "digits", "groups": {"near": ["glyphs"]}, "summary": "From a dictionary."}
FILE = "data/shades.toml"
WRONG = 3
BROKEN = {"title": "x", "id": "digits", "groups": {"near": "glyphs"}}
"""
POINTS = """
[oodbench.suites]
by-table = my_suites:TABLE
by-file = my_suites:FILE
wrong = my_suites:WRONG
broken = my_suites:BROKEN
gone = no_such_module:TABLE
odin-cifar10 = my_suites:TABLE
"""
SHADES = 'title = "Shades"\nid = "digits"\n[groups]\nfar = ["grey=npz:grey.npz"]\n'


@pytest.fixture(autouse=True)
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A distribution as an installer leaves it, on the path."""
    site = tmp_path / "site"
    info = site / "my_suites-1.2.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my-suites\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(POINTS)
    (site / "my_suites.py").write_text(MODULE)
    (site / "data").mkdir()
    (site / "data" / "shades.toml").write_text(SHADES)
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.delitem(sys.modules, "my_suites", raising=False)
    return site


def test_a_table_and_a_file_are_suites(package: Path) -> None:
    assert {"by-table", "by-file", "wrong", "broken", "gone", "openood-cifar10"} <= set(suite_names())
    table = find_suite("by-table")
    assert (table.name, table.title, table.ood) == ("by-table", "A table", ("glyphs",))
    file = find_suite("by-file")
    assert (file.name, file.title) == ("by-file", "Shades")
    assert file.ood == (f"grey=npz:{package}/data/grey.npz",)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("wrong", r"'wrong' \(.*my_suites.py.*\) must be the path of a TOML file, or a dictionary .* not 3"),
        ("broken", r"'groups' in .*my_suites.py must be a table of lists"),
        ("gone", "No module named 'no_such_module'"),
        ("odin-cifar10", r"Two suites are called 'odin-cifar10': .*odin-cifar10\.toml and .*my_suites\.py"),
    ],
)
def test_what_a_package_brings_wrongly_is_said_and_stops_nothing_else(name: str, message: str) -> None:
    with pytest.raises(BenchError, match=message):
        find_suite(name)
    listed = {one.name: one for one in all_named(Kind.SUITE)}
    assert listed[name].broken
    assert listed[name].summary.startswith("broken: ")
    assert (listed["by-table"].summary, listed["by-table"].broken) == ("From a dictionary.", "")
    assert not listed["openood-cifar10"].broken
