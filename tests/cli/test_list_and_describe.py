"""`bench list` and `bench describe`: every name of every kind, and what is told of each."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import bench
from bench.ablation.file import ablation_names
from bench.cli.describe import describe
from bench.cli.listing import list_names
from bench.corruptions.corruption import CORRUPTIONS
from bench.data.dataset import DATASETS
from bench.errors import UnknownNameError
from bench.method_contract import METHODS
from bench.networks.classifier import NETWORKS, build_network
from bench.report import REPORTS
from bench.reproducing.library import paper_names
from bench.running.protocol import PROTOCOLS
from bench.suites.library import suite_names
from bench.training.objective import OBJECTIVES
from bench.training.recipe import recipe_names, recipe_summary

RUNNER = CliRunner()
ROOT = Path(bench.__file__).parents[1]
APP = typer.Typer()
APP.command("list")(list_names)
APP.command()(describe)

NAMES: dict[str, list[str]] = {
    "method": METHODS.names(),
    "dataset": DATASETS.names(),
    "corruption": CORRUPTIONS.names(),
    "network": NETWORKS.names(),
    "recipe": recipe_names(),
    "objective": OBJECTIVES.names(),
    "protocol": list(PROTOCOLS),
    "report": REPORTS.names(),
    "paper": paper_names(),
    "ablation": ablation_names(),
    "suite": suite_names(),
}


def printed(*arguments: str) -> str:
    result = RUNNER.invoke(APP, arguments)
    assert result.exit_code == 0, result.exception
    assert result.stderr == ""
    return result.stdout


def told(kind: str, name: str) -> dict[str, list[str]]:
    """The labelled facts at the end of a description."""
    facts: dict[str, list[str]] = {}
    label = ""
    lines = printed("describe", kind, name).splitlines()
    for line in lines[len(lines) - lines[::-1].index("") :]:
        width = next((place for place in range(len(line)) if line[place : place + 2] == "  "), 0)
        label = line[:width].strip() or label
        facts.setdefault(label, []).append(line[width:].strip())
    return facts


@pytest.mark.parametrize("kind", NAMES)
def test_list_has_every_name_with_a_summary(kind: str) -> None:
    lines = printed("list", f"{kind}s").splitlines()
    assert [line.split()[0] for line in lines] == NAMES[kind]
    assert all(len(line.split(maxsplit=1)[1]) > 10 for line in lines)
    assert printed("list", kind).splitlines() == lines


@pytest.mark.parametrize("kind", NAMES)
def test_json_says_the_same(kind: str) -> None:
    found = json.loads(printed("list", f"{kind}s", "--format", "json"))
    shown = [line.split(maxsplit=1) for line in printed("list", f"{kind}s").splitlines()]
    assert [[one["name"], one["summary"]] for one in found] == shown


def test_no_list_imports_torch() -> None:
    program = (
        "import sys, typer\nfrom bench.cli.listing import list_names\n"
        f"for kind in {[f'{kind}s' for kind in NAMES]}: list_names(kind)\n"
        "sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True)


@pytest.mark.parametrize("kind", NAMES)
def test_everything_that_is_listed_can_be_described(kind: str) -> None:
    for name in NAMES[kind]:
        lines = printed("describe", kind, name).splitlines()
        assert lines[:2] == [name, ""]
        assert len(lines[2]) > 10


@pytest.mark.parametrize("kind", ["method", "dataset", "corruption", "network", "objective", "report"])
def test_a_description_says_where_the_thing_is_defined(kind: str) -> None:
    for name in NAMES[kind]:
        [origin] = told(kind, name)["defined in"]
        path, _, line = origin.rpartition(":")
        source = Path(path).read_text().splitlines()
        assert f'("{name}")' in source[int(line) - 2]


def test_a_corruption_is_told_with_its_constants_and_a_corrupted_set_with_its_parents_facts() -> None:
    facts = told("corruption", "defocus_blur")
    assert facts["family"] == ["blur"]
    assert facts["of CIFAR-10-C"] == ["0.3, 0.4; 0.4, 0.5; 0.5, 0.6; 1, 0.2; 1.5, 0.1"]
    assert facts["applied by"][0].startswith("corrupt:NAME:defocus_blur:SEVERITY")
    assert told("dataset", "corrupt:digits:fog:3")["title"] == ["Handwritten digits, fog of severity 3"]


def test_a_method_is_told_in_full() -> None:
    facts = told("method", "odin")
    assert facts["parameters"] == ["temperature = 1000.0", "epsilon = 0.0014", "unit = 'raw'"]
    assert facts["search"][0] == "temperature: 1.0, 10.0, 1000.0"
    assert facts["search"][1].startswith("epsilon: 0.0, 0.0002, ")
    assert facts["objective"] == ["cross-entropy"]
    assert facts["needs"] == ["the gradient of a loss with respect to each image"]
    assert "Liang" in facts["paper"][0]
    assert "arxiv.org/abs/1706.02690" in facts["paper"][0]
    assert told("method", "msp")["needs"] == ["logits alone"]
    branch = "a network with the confidence branch"
    gradient = "the gradient of a loss with respect to each image"
    assert told("method", "confidence-preprocessed")["needs"] == [branch, gradient]
    assert "search" not in told("method", "msp")


def test_a_data_set_is_told_in_full() -> None:
    facts = told("dataset", "cifar10")
    assert facts["images"] == ["50,000 train, 10,000 test"]
    assert facts["pixels"] == ["32x32"]
    assert facts["had"] == ["torchvision, 170.5 MB to download"]
    assert facts["classes"][0].startswith("10: airplane, automobile")
    assert "cifar-10-batches-py/test_batch  md5:40351d587109b95175f43aff81a1287e" in facts["checksums"]
    assert "std: (0.247" in " ".join(facts["input"])
    assert told("dataset", "uniform")["parameters"] == [
        *("count = 10000", "seed = 0", "size = None", "normalized = True")
    ]
    assert told("dataset", "digits")["licence"] == ["CC BY 4.0"]


def test_names_of_a_bench_toml_are_listed_and_described(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bench.toml").write_text('[datasets.svhn]\nnpz = "a.npz"\n[datasets.mine]\nfolder = "."\n')
    listed = dict(line.split(maxsplit=1) for line in printed("list", "datasets").splitlines())
    assert list(listed) == sorted([*NAMES["dataset"], "mine"])
    assert listed["svhn"] == f"bound to npz:{tmp_path}/a.npz in bench.toml"
    own, registered = told("dataset", "mine"), told("dataset", "svhn")
    assert own["had"] == [f"bound to folder:{tmp_path} in bench.toml"]
    assert own["files"] == [f"{tmp_path} is there"]
    assert own["defined in"] == registered["defined in"] == [str(tmp_path / "bench.toml")]
    assert registered["files"] == [f"{tmp_path}/a.npz is missing"]
    assert registered["title"] == ["SVHN"]
    assert "images" not in registered, "those of the registered set are other images"
    assert told("dataset", "digits")["had"] == ["embedded"]


def test_a_network_is_told_with_its_size() -> None:
    plain, branched = (
        sum(one.numel() for one in build_network("resnet20", 10, confidence_branch=branch).parameters())
        for branch in (False, True)
    )
    assert branched - plain == 65
    assert told("network", "resnet20")["parameters"] == [
        f"{plain:,} for 10 classes; {branched:,} with the confidence branch"
    ]
    assert told("network", "resnet20")["features"] == ["64"]


def test_a_recipe_is_told_with_its_exceptions() -> None:
    facts = told("recipe", "paper")
    assert {"epochs = 200", "momentum = 0.9", "cutout = 16"} <= set(facts["settings"])
    assert {"epochs = 160", "learning_rate = 0.01", "cutout = 20"} <= set(facts["[dataset.svhn]"])
    assert {"epochs = 300", "batch_size = 64"} <= set(facts["[network.densenet-bc-100-12]"])
    assert recipe_summary("paper") in printed("describe", "recipe", "paper")


def test_an_objective_is_told_with_what_can_be_set() -> None:
    assert told("objective", "learned-confidence")["parameters"] == ["budget = 0.3", "hints = 0.5"]
    assert told("objective", "cross-entropy")["network"] == ["without the confidence branch"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("list", "mehtods"), "Unknown kind 'mehtods'. Did you mean 'methods'"),
        (("describe", "thing", "odin"), "Unknown kind 'thing'"),
        (("describe", "method", "odn"), "Unknown method 'odn'. Did you mean 'odin'"),
        (("describe", "recipe", "papr"), "Unknown recipe 'papr'. Did you mean 'paper'"),
        (("describe", "protocol", "noize"), "Unknown protocol 'noize'. Did you mean 'noise'"),
    ],
)
def test_unknown_names_get_a_suggestion(arguments: tuple[str, ...], message: str) -> None:
    result = RUNNER.invoke(APP, arguments)
    assert isinstance(result.exception, UnknownNameError)
    assert message in str(result.exception)
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("bench describe method conf", ["confidence", "confidence-preprocessed"]),
        ("bench describe dataset digits-", ["digits-0to6", "digits-7to9"]),
        ("bench describe re", ["recipe", "report"]),
        ("bench list o", ["objectives"]),
    ],
)
def test_the_shell_completes_kinds_and_names(words: str, expected: list[str]) -> None:
    environment: dict[str, Any] = {
        "_BENCH_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    result = RUNNER.invoke(APP, [], env=environment, prog_name="bench")
    assert result.stdout.split() == expected
