"""What passes cost: those of the method's own, each with the run that measured it."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from bench.cache import cache_root
from bench.citation import Citation
from bench.data.images import ArrayImages
from bench.extraction import growing, took
from bench.extraction.outputs import Outputs
from bench.extraction.passing import Pass
from bench.extraction.view import CLEAN, InputLoss, View
from bench.method_contract import Method, Scores
from bench.networks.classifier import NetworkOutput
from bench.running.evaluation import Evaluation
from bench.running.extraction import Extractor
from bench.running.network import TestedNetwork, ensemble_of
from bench.sealed import read_sealed, write_sealed
from bench.store import Store

Shades = Callable[..., ArrayImages]
Make = Callable[..., Evaluation]


@dataclass(frozen=True)
class Darker(InputLoss):
    def __call__(self, output: NetworkOutput) -> Tensor:
        return output.features[:, 0]


class Plain(Method):
    name = "plain"
    citation = Citation("T", "A", 2026)

    def score(self, outputs: Outputs) -> Scores:
        return outputs.features[:, 0].astype(np.float64)


class Moved(Plain):
    name = "moved"

    def view(self) -> View:
        return View(Darker(), 0.1)


@pytest.fixture(autouse=True)
def ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pass's clock that is a second later whenever it is looked at."""
    seconds = itertools.count()
    monkeypatch.setattr(Pass, "_clock", lambda self: float(next(seconds)))


@pytest.fixture
def rows_of(shades: Shades, make_evaluation: Make, tmp_path: Path) -> Callable[[str], dict[str, dict[str, Any]]]:
    def rows_of(out: str) -> dict[str, dict[str, Any]]:
        evaluation = make_evaluation(shades([30, 200] * 20, labelled=True), store=Store(tmp_path / out))
        rows = evaluation.rows([Plain(), Moved()], {"middle": shades([120] * 10)})
        return {row["method"]: row for row in rows}

    return rows_of


def a_new_process_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(took, "this_process", lambda: "another")
    monkeypatch.setattr(growing, "this_process", lambda: "another")


SECONDS = 2 * 2
"""Back, and forward again, by the clock above; over one batch of each set."""

MICROSECONDS = 1e6 * SECONDS / (40 + 10)


def test_a_cost_tells_which_part_an_earlier_run_measured(
    rows_of: Callable[[str], dict[str, dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for out, earlier in (("first", 0.0), ("same run again", 0.0), ("later", MICROSECONDS)):
        if out == "later":
            a_new_process_begins(monkeypatch)
        rows = rows_of(out)
        assert rows["moved"]["microseconds_of_earlier_passes"] == pytest.approx(earlier)
        assert rows["moved"]["microseconds_per_image"] == pytest.approx(MICROSECONDS, rel=0.1)
        assert rows["plain"]["microseconds_of_earlier_passes"] == 0
        assert rows["plain"]["microseconds_per_image"] < MICROSECONDS / 10, "the forward pass is shared"


def test_passes_that_do_not_say_who_made_them_are_an_earlier_run_s(
    rows_of: Callable[[str], dict[str, dict[str, Any]]],
) -> None:
    rows_of("first")
    for path in (cache_root() / "outputs").glob("*/facts.json"):
        facts = read_sealed(path, 1)
        del facts["run"]
        write_sealed(path, 1, facts)
    assert rows_of("second")["moved"]["microseconds_of_earlier_passes"] == pytest.approx(MICROSECONDS)


def ensemble(network: TestedNetwork) -> Extractor:
    members = [replace(network, weights_hash=f"w{number}") for number in range(3)]
    return Extractor(ensemble_of(members), torch.device("cpu"))


def test_an_ensemble_is_charged_the_passes_of_all_members_but_one(network: TestedNetwork, shades: Shades) -> None:
    found = ensemble(network)(shades([30, 200] * 20), {CLEAN: ()}, "shades")[CLEAN]
    assert 2 <= found.took["logits"].seconds < 2.5
    assert found.took["logits"].earlier == 0


def test_a_cost_is_not_known_where_a_forward_pass_was_not_timed(
    network: TestedNetwork, shades: Shades, make_evaluation: Make
) -> None:
    inside, outside = shades([30, 200] * 20), shades([120] * 10)
    for images in (inside, outside):
        ensemble(network)(images, {CLEAN: ()}, "shades")
    for path in (cache_root() / "outputs").glob("*/facts.json"):
        facts = read_sealed(path, 1)
        del facts["seconds"]["forward"]
        write_sealed(path, 1, facts)
    evaluation = make_evaluation(inside, network=ensemble(network).network)

    class Logits(Plain):
        def score(self, outputs: Outputs) -> Scores:
            return outputs.logits[:, 0].astype(np.float64)

    [row] = evaluation.rows([Logits()], {"middle": outside})
    assert (row["microseconds_per_image"], row["microseconds_of_earlier_passes"]) == (None, None)
    assert row["auroc"] is not None
