"""A table's files: what is read from them, and what is said of those that are wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.errors import BenchError, UnknownNameError
from bench.paper_table import Figure
from bench.reproducing.paper import load_paper
from bench.reproducing.published import Place
from bench.reproducing.request import Request
from bench.reproducing.selection import select_rows, with_network
from tests.reproducing.tiny_paper import PUBLISHED

MakePaper = Callable[..., Path]


def test_rows_are_spelt_out_and_named_by_network_id_and_ood(make_paper: MakePaper) -> None:
    paper = load_paper(str(make_paper()))
    assert paper.name == "digits-table"
    assert [row.key for row in paper.rows] == [
        "convnet/digits-0to6/digits-7to9", "convnet/digits-0to6/uniform", "convnet/digits-0to6/lsun-resize",
        "convnet/digits-0to6/made-up", "resnet20/digits-0to6/digits-7to9",
    ]  # fmt: skip
    assert [method.key for method in paper.rows[0].methods] == ["baseline", "confidence"]


def test_where_columns_have_the_sets_each_method_is_a_row(make_paper: MakePaper) -> None:
    column = 'title = "AUROC"\nood = ["uniform", "digits-7to9"]\nplace = "all"'
    block = '[[rows]]\nnetwork = "convnet"\nid = "digits-0to6"\n'
    path = make_paper(('title = "AUROC"', column), ("[[rows]]\nnetwork = \"resnet20\"", f"{block}\n[[rows]]\nnetwork = \"resnet20\""))  # fmt: skip  # noqa: E501
    keys = [row.key for row in load_paper(str(path)).rows]
    assert keys[4:8] == [f"convnet/digits-0to6/{name}" for name in ("baseline", "odin", "confidence", "secret")]


def test_published_figures_are_fractions_that_remember_how_they_are_printed(make_paper: MakePaper) -> None:
    published = load_paper(str(make_paper())).published
    place = Place("ConvNet", "Digits 0-6", "Digits 7-9", "Baseline", "auroc")
    assert published.figure(place) == Figure(0.95, 0.004, "95.0")
    assert published.figure(place._replace(model="VGG")) is None
    assert published.value(Place("ConvNet", "Digits 0-6", "Uniform", "ODIN", "epsilon")) == 0.001
    with pytest.raises(BenchError, match="No epsilon was published for VGG"):
        published.value(Place("VGG", "Digits 0-6", "Uniform", "ODIN", "epsilon"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('title = "A table of digits"', "", "lacks the key 'title' of a Paper"),
        ("joined = true", "joint = true", "Did you mean 'joined'"),
        ('key = "secret"', 'kee = "secret"', "Did you mean 'key'"),
        ('methods = ["baseline", "secret"]', 'methods = ["secrt"]', "Did you mean 'secret'"),
        ('network = "resnet20"', "", "lacks 'network'"),
        ('network = "resnet20"', 'netwrk = "resnet20"', "Did you mean 'network'"),
        ("joined = true", "joined = tru", "is not valid TOML"),
    ],
)
def test_a_wrong_table_is_one_message(make_paper: MakePaper, old: str, new: str, message: str) -> None:
    with pytest.raises(BenchError, match=message):
        load_paper(str(make_paper((old, new))))


@pytest.mark.parametrize(
    ("published", "message"),
    [
        (PUBLISHED.replace("95.0", "ninety"), "'ninety' is no number: line 4"),
        (PUBLISHED + PUBLISHED.strip().splitlines()[1], "Two figures for ConvNet, Digits 0-6, , Baseline"),
        (PUBLISHED.replace("std", "sd"), "must have the columns"),
    ],
)
def test_wrong_figures_are_one_message(make_paper: MakePaper, published: str, message: str) -> None:
    with pytest.raises(BenchError, match=message):
        load_paper(str(make_paper(published=published)))


def test_without_its_figures_a_table_is_refused(make_paper: MakePaper) -> None:
    path = make_paper()
    path.with_suffix(".csv").unlink()
    with pytest.raises(BenchError, match="holds the published figures, is missing"):
        load_paper(str(path))


def test_unknown_tables_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'devries2018-table1'"):
        load_paper("devries2018-tabel1")
    with pytest.raises(BenchError, match=r"There is no file nowhere\.toml"):
        load_paper("nowhere.toml")


@pytest.mark.parametrize(
    ("patterns", "count"),
    [([], 24), (["vgg13/cifar10/*"], 4), (["vgg13/cifar10"], 4), (["vgg13"], 8), (["*/isun"], 6),
     (["vgg13/*/isun", "wrn*"], 10)],
)  # fmt: skip
def test_rows_are_picked_by_pattern(patterns: list[str], count: int) -> None:
    assert len(select_rows(load_paper("devries2018-table1").rows, patterns)) == count


def test_a_pattern_that_fits_no_row_names_the_nearest() -> None:
    with pytest.raises(BenchError, match=r"No row fits 'vgg13/cifr10/isun'\. The nearest is 'vgg13/cifar10/isun'"):
        select_rows(load_paper("devries2018-table1").rows, ["vgg13/cifr10/isun"])


def test_another_network_has_the_published_figures_of_the_one_it_replaces_only_where_it_is_one() -> None:
    rows = load_paper("devries2018-table1").rows
    one = with_network(select_rows(rows, ["vgg13/cifar10"]), "resnet20")
    assert [(row.key.partition("/")[0], row.replaces) for row in one] == [("resnet20", "vgg13")] * 4
    several = with_network(rows, "resnet20")
    assert [row.replaces for row in several] == [""] * 8
    assert with_network(rows, None) == list(rows)
    assert {row.replaces for row in with_network(select_rows(rows, ["vgg13"]), "vgg13")} == {""}
    with pytest.raises(UnknownNameError, match="Did you mean 'resnet20'"):
        with_network(rows, "resnet2")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"recipe": "quik"}, "Did you mean 'quick'"),
        ({"options": ("noise-unnormalised",)}, "Did you mean 'noise-unnormalized'"),
        ({"seed_count": 0}, "at least one seed"),
    ],
)
def test_a_wrong_request_is_one_message(
    make_request: Callable[..., Request], changes: dict[str, object], message: str
) -> None:
    with pytest.raises(BenchError, match=message):
        make_request(**changes)


def test_a_request_follows_the_paper_unless_told_otherwise(make_request: Callable[..., Request]) -> None:
    request = make_request()
    assert (request.training_recipe, request.seeds) == ("smoke", (0, 1))
    changed = make_request(recipe="quick", seed_count=1, options=("noise-unnormalized",))
    assert (changed.training_recipe, changed.seeds) == ("quick", (0,))
    assert changed.extra_settings["uniform.normalized"] is False
