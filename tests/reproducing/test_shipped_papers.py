"""Every shipped table: its files can be read, all it names exists, and its published figures are those of the paper."""

from __future__ import annotations

import csv
import hashlib

import pytest

from bench.data.dataset import DATASETS
from bench.method_contract import METHODS
from bench.networks.classifier import NETWORKS
from bench.reproducing.jobs import jobs_of, slots_of
from bench.reproducing.library import folder, paper_names, paper_summary
from bench.reproducing.paper import Paper, load_paper
from bench.reproducing.published import Place
from bench.reproducing.reading import METRICS
from bench.reproducing.request import Request
from bench.running.protocol import PROTOCOLS
from bench.training.recipe import recipe_names

NAMES = paper_names()

DIGESTS = {
    "devries2018-table1": (252, "159c71ccca1c7f3d"),
    "devries2018-table2": (0, "7541f82680e31bb8"),
    "hendrycks2017-table1": (15, "f37b9f91a24bdd61"),
    "hendrycks2017-table11": (36, "665f0db2fb70f97a"),
    "hendrycks2017-table2": (48, "f2bf785a9c31efc6"),
    "odin2018-table2": (336, "919f17d0ada266a1"),
    "openood2023-cifar10": (146, "0a1923a0f4a141f8"),
    "openood2023-cifar100": (134, "741f8aec73667817"),
}
"""Of the lines of figures, which were compared with the papers' by hand; a changed digit is noticed here."""

SPOT_CHECKS = {
    "devries2018-table1": {
        ("VGG13", "CIFAR-10", "iSUN", "Baseline (MSP)", "fpr_at_95_tpr"): "41.2",
        ("VGG13", "CIFAR-10", "iSUN", "Baseline (MSP)", "auroc"): "94.0",
        ("VGG13", "CIFAR-10", "iSUN", "Confidence", "fpr_at_95_tpr"): "16.3",
        ("VGG13", "CIFAR-10", "iSUN", "Confidence", "auroc"): "97.5",
        ("DenseNet-BC", "SVHN", "TinyImageNet (resize)", "Confidence", "fpr_at_95_tpr"): "1.5",
        ("VGG13", "CIFAR-10", "", "Confidence", "classification_error"): "5.44",
    },
    "odin2018-table2": {
        ("DenseNet-BC", "CIFAR-10", "TinyImageNet (crop)", "ODIN", "fpr_at_95_tpr"): "4.3",
        ("Wide ResNet", "CIFAR-100", "LSUN (crop)", "ODIN", "epsilon"): "0.0048",
        ("DenseNet-BC", "CIFAR-10", "LSUN (crop)", "ODIN", "epsilon"): "0",
    },
    "hendrycks2017-table1": {("WRN-40-4 GELU", "CIFAR-10", "", "MSP", "classification_error"): "4.96"},
    "hendrycks2017-table2": {("WRN-40-4 GELU", "CIFAR-10", "SUN", "MSP", "auroc"): "95"},
    "openood2023-cifar10": {
        ("ResNet18", "CIFAR-10", "near: CIFAR-100, Tiny ImageNet", "ConfBranch/ConfBranch", "auroc"): "89.84",
        ("ResNet18", "CIFAR-10", "far: MNIST, SVHN, Textures, Places365", "Cutout/MSP", "auroc"): "92.96",
    },
    "openood2023-cifar100": {
        ("ResNet18", "CIFAR-100", "near: CIFAR-10, Tiny ImageNet", "CrossEntropy/MSP", "auroc"): "80.27"
    },
}


@pytest.fixture(params=NAMES)
def paper(request: pytest.FixtureRequest) -> Paper:
    return load_paper(request.param)


def cells(paper: Paper) -> list[Place]:
    return [
        paper.place(row, column, method) for row in paper.rows for column in paper.columns for method in row.methods
    ]


def test_the_tables_of_the_papers_are_there() -> None:
    assert NAMES == [
        "devries2018-table1", "devries2018-table2", "hendrycks2017-table1", "hendrycks2017-table11",
        "hendrycks2017-table2", "odin2018-table2", "openood2023-cifar10", "openood2023-cifar100",
    ]  # fmt: skip


def test_everything_it_names_exists_or_is_said_to_lack(paper: Paper) -> None:
    sets = {name for row in paper.rows for name in (row.id, row.ood) if name}
    sets |= {name for column in paper.columns for name in column.ood}
    assert sets - set(DATASETS.names()) - set(paper.lacking) == set()
    assert {row.network for row in paper.rows} - set(NETWORKS.names()) - set(paper.lacking) == set()
    assert {method.method for method in paper.methods if method.method} - set(METHODS.names()) == set()
    assert [method.key for method in paper.methods if bool(method.method) == bool(method.lacking)] == []
    assert {column.metric for column in paper.columns} - set(METRICS) == set()
    assert paper.recipe in recipe_names()
    assert paper.protocol in PROTOCOLS
    assert paper.id_positives in ("all", "correct")
    assert paper.citation.url


def test_it_names_nothing_that_no_row_has(paper: Paper) -> None:
    used = {name for row in paper.rows for name in (row.network, row.id, row.ood)}
    used |= {name for column in paper.columns for name in column.ood}
    assert (set(paper.names) | set(paper.lacking) | set(paper.deviations)) - used == set()
    assert len({row.key for row in paper.rows}) == len(paper.rows)


def test_every_published_figure_has_a_cell(paper: Paper) -> None:
    parameters = {metric for method in paper.methods for metric in method.parameters.values()}
    figures = {place for place in paper.published.values if place.metric not in parameters}
    assert figures - set(cells(paper)) == set()


def test_every_cell_has_a_published_figure_but_where_the_table_says_it_could_not_be_had(paper: Paper) -> None:
    missing = set(cells(paper)) - set(paper.published.values)
    if paper.name.startswith("openood2023"):
        missing = {place for place in missing if place.metric != "fpr_at_95_tpr_ood"}
        # The leaderboard itself has no near figures, or no accuracy, for methods that were never tested so.
        assert {place.metric for place in missing} <= {"auroc", "id_accuracy"}
        assert len(missing) == {"openood2023-cifar10": 4, "openood2023-cifar100": 4}[paper.name]
    elif paper.name == "devries2018-table2":
        assert not paper.published.values
        assert "could not be had" in paper.notes[0]
    else:
        assert missing == set()


def test_the_jobs_of_all_rows_have_settings_that_their_methods_take(paper: Paper) -> None:
    request = Request(paper)
    for job in jobs_of(slots_of(paper.rows, request)):
        specification = job.specification(request, job.ood)
        for name in job.methods:
            METHODS.get(name).make(specification.settings_of(name))


def test_published_figures_are_the_papers_own() -> None:
    for name in NAMES:
        with (folder() / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            lines = ["\t".join(line) for line in csv.reader(file)]
        digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
        assert (name, len(lines) - 1, digest) == (name, *DIGESTS[name])


@pytest.mark.parametrize("name", SPOT_CHECKS)
def test_some_figures_read_off_the_papers(name: str) -> None:
    values = load_paper(name).published.values
    assert {place: values[Place(*place)][0] for place in SPOT_CHECKS[name]} == SPOT_CHECKS[name]


def test_table_1_has_24_rows_of_ten_figures_and_the_errors() -> None:
    paper = load_paper("devries2018-table1")
    assert len(paper.rows) == 24
    assert len(set(cells(paper))) == 24 * 5 * 2 + 12
    assert [method.method for method in paper.methods] == ["msp", "confidence"]
    assert [column.metric for column in paper.columns][1] == "fpr_at_95_tpr_band"


def test_odin_has_its_own_epsilon_in_each_row_in_raw_pixels() -> None:
    paper = load_paper("odin2018-table2")
    odin = next(method for method in paper.methods if method.key == "odin")
    row = next(row for row in paper.rows if row.key == "wrn-28-10/cifar100/lsun-crop")
    assert paper.settings_of(row, odin) == {"odin.unit": "raw", "odin.epsilon": 0.0048, "odin.temperature": 1000.0}


def test_each_has_a_title_to_be_listed_by() -> None:
    assert all(len(paper_summary(name)) > 20 for name in NAMES)
