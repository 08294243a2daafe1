"""The suites that are shipped: every name is known, the divisions are those that their papers describe."""

from __future__ import annotations

import pytest

from bench.data.dataset import DATASETS
from bench.reproducing.library import paper_names
from bench.reproducing.paper import load_paper
from bench.suites.library import FOLDER, find_suite, suite_names

NAMES = sorted(path.stem for path in FOLDER.glob("*.toml"))

DIVISIONS: dict[str, tuple[str, dict[str, set[str]], set[str]]] = {
    "openood-cifar10": (
        "cifar10",
        {"near": {"cifar100", "tinyimagenet"}, "far": {"mnist", "svhn", "dtd", "places365"}},
        set(),
    ),
    "openood-cifar100": (
        "cifar100",
        {"near": {"cifar10", "tinyimagenet"}, "far": {"mnist", "svhn", "dtd", "places365"}},
        set(),
    ),
    "openood-imagenet200": (
        "imagenet200",
        {"near": {"ssb-hard", "ninco"}, "far": {"inaturalist", "dtd", "openimage-o"}},
        {"imagenet200-v2", "imagenet200-c", "imagenet-r"},
    ),
    "openood-imagenet1k": (
        "imagenet",
        {"near": {"ssb-hard", "ninco"}, "far": {"inaturalist", "dtd", "openimage-o"}},
        {"imagenet-v2", "imagenet-c", "imagenet-r"},
    ),
}
"""OpenOOD v1.5, arXiv 2306.09301v5, table 1 and section 4."""

ODIN_SETS = {"tinyimagenet-crop", "tinyimagenet-resize", "lsun-crop", "lsun-resize", "isun"}


def test_the_promised_suites_are_there() -> None:
    odin = {f"odin-{name}" for name in ("cifar10", "cifar100")}
    devries = {f"devries2018-{name}" for name in ("cifar10", "svhn")}
    assert {*DIVISIONS, *odin, *devries, "embedded-digits"} <= set(NAMES)
    assert suite_names() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_set_is_known_and_stands_once(name: str) -> None:
    suite = find_suite(name)
    sets = [suite.id, *suite.ood, *suite.covariate, *([suite.tune_on] if suite.tune_on else [])]
    assert len(set(sets)) == len(sets)
    assert [one for one in sets if one not in DATASETS] == []
    assert suite.name == name
    assert suite.summary.endswith(".")
    assert suite.metrics
    assert all(note.endswith(".") for note in suite.notes)


@pytest.mark.parametrize("name", NAMES)
def test_its_settings_are_options_of_its_sets(name: str) -> None:
    for key, value in find_suite(name).settings.items():
        owner, _, option = key.partition(".")
        DATASETS.get(owner)(**{option: value})


@pytest.mark.parametrize("name", NAMES)
def test_where_its_authors_test_on_other_images_a_note_says_so(name: str) -> None:
    """A number that differs from the registered set's own is one that the notes must explain."""
    suite = find_suite(name)
    differing = [
        one for one, count in suite.images.items() if DATASETS.get(one)().counts["test"] not in (count, count + 1000)
    ]
    held_out = [one for one, count in suite.images.items() if DATASETS.get(one)().counts["test"] == count + 1000]
    words = " ".join(suite.all_notes)
    if held_out:
        assert "1,000 images" in words or "1,000 of the" in words
    known = {"places365": "1,305 of Places365", "imagenet": "keeps 5,000", "openimage-o": "keeps 1,763"}
    for one in differing:
        assert known[one] in words


@pytest.mark.parametrize("name", DIVISIONS)
def test_openoods_divisions_are_those_of_its_table(name: str) -> None:
    id_set, groups, covariate = DIVISIONS[name]
    suite = find_suite(name)
    assert suite.id == id_set
    assert {group: set(sets) for group, sets in suite.groups.items()} == groups
    assert set(suite.covariate) == covariate
    assert suite.metrics == ("auroc", "fpr_at_95_tpr_ood")


@pytest.mark.parametrize("name", DIVISIONS)
def test_openoods_lists_stand_for_every_set_of_its_suites(name: str) -> None:
    suite = find_suite(name)
    assert set(suite.archives) == {suite.id, *suite.ood, *suite.covariate}
    lists = [one.table["imglist"] for one in suite.archives.values()]
    assert len(set(lists)) == len(lists)
    assert {one.rpartition("/")[0] for one in lists} == {f"benchmark_imglist/{suite.id}"}


@pytest.mark.parametrize("name", ["odin-cifar10", "odin-cifar100", "devries2018-cifar10", "devries2018-svhn"])
def test_odins_sets_are_those_of_both_papers(name: str) -> None:
    suite = find_suite(name)
    assert suite.id == name.rpartition("-")[2]
    assert set(suite.groups["far"]) == ODIN_SETS
    assert set(suite.groups["noise"]) == {"uniform", "gaussian"}
    assert suite.metrics[0] == "fpr_at_95_tpr_band"
    assert set(suite.groups) == {"far", "noise"} | ({"pooled"} if name.startswith("devries") else set())


def test_the_tables_to_reproduce_have_openoods_groups_too() -> None:
    """Near and far of the leaderboards; Tiny ImageNet stands there in another form, which the tables say."""
    boards = [name for name in paper_names() if name.startswith("openood")]
    compared = set()
    for board in boards:
        paper = load_paper(board)
        [id_set] = {row.id for row in paper.rows}
        groups = find_suite(f"openood-{id_set}").groups
        for column in paper.columns:
            group = (column.place or "").partition(":")[0]
            if group in groups:
                sets = {one.replace("tinyimagenet-resize", "tinyimagenet") for one in column.ood}
                assert sets == set(groups[group])
                compared.add((id_set, group))
    assert compared == {(id_set, group) for id_set in ("cifar10", "cifar100") for group in ("near", "far")}


def test_a_suite_needs_no_download_where_it_says_so() -> None:
    suite = find_suite("embedded-digits")
    assert {DATASETS.get(one).obtained for one in (suite.id, *suite.ood)} == {"embedded", "generated"}
    assert set(suite.groups) == {"near", "far", "noise"}
