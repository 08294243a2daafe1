"""Tuning finds what was planted."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import pytest

from bench.citation import Citation
from bench.errors import BenchError, NonFiniteScoresError
from bench.extraction.outputs import Outputs
from bench.extraction.view import CLEAN, View
from bench.fitting.data import Facts
from bench.method_contract import METHODS, Method, Scores
from bench.metrics import auroc
from bench.running.tuning import Search, candidates, search, tune


class Near(Method):
    """The nearer the first feature to `centre`, measured in `scale`, the more in-distribution."""

    name = "near"
    citation = Citation("T", "A", 2026)
    search: ClassVar[Mapping[str, tuple[float, ...]]] = {"centre": (0.0, 1.0, 2.0, 3.0), "scale": (1.0, 10.0)}
    id_only_search: ClassVar[tuple[str, ...]] = ("centre", "scale")

    def __init__(self, *, centre: float = 1.0, scale: float = 1.0, other: str = "kept") -> None:
        self.centre, self.scale, self.other = centre, scale, other

    def score(self, outputs: Outputs) -> Scores:
        return -np.abs(outputs.features[:, 0].astype(np.float64) - self.centre) / self.scale


def outputs(features: list[float]) -> Mapping[View, Outputs]:
    values = np.array(features, dtype=np.float32)[:, None]
    return {CLEAN: Outputs(values, values)}


def tried(method: Method) -> Search:
    return search(method, "heldout-ood", None)


def test_every_combination_is_a_candidate_and_other_parameters_stay() -> None:
    found = [one.parameters() for one in candidates(Near(other="mine"))]
    assert found == [
        {"centre": centre, "scale": scale, "other": "mine"} for centre in (0.0, 1.0, 2.0, 3.0) for scale in (1.0, 10.0)
    ]


@pytest.mark.parametrize("planted", [0.0, 1.0, 2.0, 3.0])
def test_the_planted_best_value_is_found_with_outliers(planted: float) -> None:
    stream = np.random.default_rng(0)
    id_values = (planted + stream.normal(0, 0.2, 50)).tolist()
    ood_values = stream.choice([value for value in (0.0, 1.0, 2.0, 3.0) if value != planted], 50).tolist()
    found = tune(tried(Near(other="mine")), outputs(id_values), outputs(ood_values)).method
    assert found.parameters() == {"centre": planted, "scale": 1.0, "other": "mine"}


def test_the_best_is_the_one_with_the_highest_area_among_all() -> None:
    stream = np.random.default_rng(1)
    of_id, of_ood = outputs(stream.normal(1.4, 1, 80).tolist()), outputs(stream.normal(1.8, 2, 80).tolist())
    areas = {
        one.parameters()["centre"]: auroc(one.score(of_id[CLEAN]), one.score(of_ood[CLEAN]))
        for one in candidates(Near())
    }
    assert len(set(areas.values())) == 4
    assert tune(tried(Near()), of_id, of_ood).method.parameters()["centre"] == max(areas, key=areas.__getitem__)


def test_of_equally_good_values_the_first_is_taken() -> None:
    assert tune(tried(Near()), outputs([5.0, 6.0]), outputs([9.0])).method.parameters()["centre"] == 0.0


def test_without_outliers_the_highest_mean_score_decides() -> None:
    found = tune(tried(Near()), outputs([2.1, 1.9, 2.0]), None).method.parameters()
    assert (found["centre"], found["scale"]) == (2.0, 10.0)


def test_each_candidate_is_scored_on_its_own_view() -> None:
    """ODIN's best step is the one whose outputs are best, not the one that is in the first place."""
    method = METHODS.get("odin")()
    stream = np.random.default_rng(0)
    views = {one.view(): one.parameters()["epsilon"] for one in candidates(method)}
    planted = 0.0026
    of_id: dict[View, Outputs] = {}
    of_ood: dict[View, Outputs] = {}
    for view, epsilon in views.items():
        for found, gap in ((of_id, 3.0 if epsilon == planted else 1.0), (of_ood, 1.0)):
            logits = stream.normal(0, 0.5, (100, 3)).astype(np.float32)
            logits[:, 0] += 100 * gap
            found[view] = Outputs(logits, logits)
    assert tune(tried(method), of_id, of_ood).method.parameters()["epsilon"] == planted


def test_scores_that_are_no_numbers_are_not_tuned_on() -> None:
    with pytest.raises(NonFiniteScoresError):
        tune(tried(Near()), outputs([1.0, float("nan")]), outputs([3.0]))
    with pytest.raises(NonFiniteScoresError, match=r"ID scores of near .*0\.0.*while tuning: nan at index 1"):
        tune(tried(Near()), outputs([1.0, float("nan")]), None)
    with pytest.raises(NonFiniteScoresError, match=r"OOD scores of near .*index 0"):
        tune(tried(Near()), outputs([1.0]), outputs([float("inf")]))


def test_every_candidate_is_told_with_its_quality() -> None:
    tuned = tune(tried(Near()), outputs([1.0, 1.1]), outputs([2.0, 2.1]))
    told = tuned.describe()
    assert [one["parameters"] for one in told] == [one.parameters() for one in candidates(Near())]
    assert [one["quality"] for one in told[:2] + told[2:4] + told[6:]] == [1, 1, 1, 1, 0, 0]


def test_without_outliers_only_what_a_higher_score_speaks_for_is_searched() -> None:
    class Careful(Near):
        id_only_search = ("scale",)

    assert [one.parameters()["centre"] for one in candidates(Careful(centre=3.0), outliers=False)] == [3.0, 3.0]


def facts(count: int) -> Facts:
    return Facts(2, 8, np.array([count, 0]))


def test_candidates_that_cannot_work_are_left_out_and_told_of() -> None:
    found = search(METHODS.get("knn")(), "heldout-ood", facts(15))
    assert [one.parameters()["k"] for one in found.able] == [1, 5, 10]
    assert [parameters["k"] for parameters, _ in found.left_out] == [20, 50, 100, 200]
    near = Near(centre=0.0)
    told = tune(Search((near,), found.left_out), outputs([1.0]), outputs([2.0])).describe()
    assert told[0] == {"parameters": near.parameters(), "quality": 1.0}
    assert told[1] == {"parameters": {"k": 20}, "left_out": found.left_out[0][1]}
    assert "at most the number of training images, 15, got 20" in told[1]["left_out"]


def test_a_search_that_leaves_nothing_is_refused_with_the_reason() -> None:
    with pytest.raises(BenchError, match="at most the number of training images, 4, got 10"):
        search(METHODS.get("nnguide")(), "noise", facts(4))


@pytest.mark.parametrize("protocol", ["published", "paper-holdout"])
def test_where_nothing_is_tuned_the_method_itself_must_be_able(protocol: str) -> None:
    method = METHODS.get("knn")(k=15)
    assert search(method, protocol, facts(15)) == Search((method,))
    with pytest.raises(BenchError, match="got 16"):
        search(METHODS.get("knn")(k=16), protocol, facts(15))
