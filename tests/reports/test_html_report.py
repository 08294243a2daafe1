"""What the report's page is made of, without a browser: thinning, significance, escaping, size."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from bench.metrics import auroc, roc_curve
from bench.report import CellScores, Results
from bench.report_page import PageMaterial
from bench.statistics import METRICS, Placements

page = import_module("bench.reports.html_report")
parts = import_module("bench.reports.html_page")
curves = import_module("bench.reports.page_curves")
significance = import_module("bench.reports.page_significance")
texts = import_module("bench.reports.text_pages")


def material_of(results: Results, **changes: Any) -> PageMaterial:
    return PageMaterial(results=results, groups={"msp": "baselines"}, **changes)


@pytest.mark.parametrize("shift", [0.0, 1.5, 6.0])
@pytest.mark.parametrize("decimals", [1, 9])
def test_thinned_curve_is_exact_where_kept_and_close_elsewhere(shift: float, decimals: int) -> None:
    rng = np.random.default_rng(3)
    ids, oods = np.round(rng.normal(shift, 1, 3000), decimals), np.round(rng.normal(0, 1, 2500), decimals)
    called_id, called_ood = curves.roc_counts(CellScores(ids, oods, None))
    fpr, tpr, _ = roc_curve(ids, oods)
    exact = set(zip(np.rint(tpr * 3000).astype(int).tolist(), np.rint(fpr * 2500).astype(int).tolist(), strict=True))
    assert set(zip(called_id.tolist(), called_ood.tolist(), strict=True)) <= exact
    assert called_id.size <= curves.MOST_POINTS
    x, y = called_ood / 2500, called_id / 3000
    starts, ends = np.stack([x[:-1], y[:-1]], 1), np.stack([x[1:], y[1:]], 1)
    along = ends - starts
    length = np.maximum((along**2).sum(1), 1e-30)
    for place in np.stack([fpr, tpr], 1)[::7]:
        share = np.clip(((place - starts) * along).sum(1) / length, 0, 1)
        nearest = np.sqrt(((place - starts - share[:, None] * along) ** 2).sum(1)).min()
        assert nearest < 2 * curves.TOLERANCE


def test_variance_of_a_mean_over_sets_that_share_their_id_images() -> None:
    """Against drawing everything anew: 400 times two sets with common ID images."""
    rng = np.random.default_rng(0)

    def draw() -> list[dict[str, Placements]]:
        ids = rng.normal(1.0, 1, 150)
        return [{"a": Placements.of(ids, rng.normal(0, 1, size))} for size in (60, 200)]

    draws = [found for found in (significance.compare_means(draw()) for _ in range(400)) if found is not None]
    spread = np.std([found.aurocs[0] for found in draws])
    told = np.mean([np.sqrt(found.covariance[0, 0]) for found in draws])
    assert told == pytest.approx(spread, rel=0.12)


def test_mean_is_that_of_the_aurocs() -> None:
    rng = np.random.default_rng(1)
    ids, sets = rng.normal(1, 1, 50), [rng.normal(0, 1, size) for size in (40, 70)]
    found = significance.compare_means(
        [{"a": Placements.of(ids, oods), "b": Placements.of(-ids, -oods)} for oods in sets]
    )
    assert found is not None
    assert found.aurocs[0] == pytest.approx(np.mean([auroc(ids, oods) for oods in sets]))
    assert found.best == {0}


def perfect(n: int, m: int) -> Placements:
    return Placements.of(np.arange(m, m + n), np.arange(m))


def test_perfect_sets_leave_the_doubt_of_their_counts() -> None:
    found = significance.compare_means([{"a": perfect(100, 80)}, {"a": perfect(100, 90)}])
    assert found is not None
    interval = found.interval(0)
    assert interval is not None
    # So many pairs without a loss, alpha ** (1 / pairs), mean over both sets.
    assert interval.low == pytest.approx((0.05 ** (1 / 80) + 0.05 ** (1 / 90)) / 2)
    assert interval.high == 1


def test_perfect_set_widens_the_interval_of_the_mean_and_its_tests() -> None:
    rng = np.random.default_rng(2)
    ids = rng.normal(1, 1, 50)
    a, b = Placements.of(ids, rng.normal(0, 1, 60)), Placements.of(ids + rng.normal(0, 0.5, 50), rng.normal(0, 1, 60))
    sets = [{"a": a, "b": b}, {"a": perfect(50, 20), "b": perfect(50, 20)}]
    found = significance.compare_means(sets)
    assert found is not None
    interval = found.interval(0)
    assert interval is not None
    known, unseen = 1.96**2 * a.variance / 4, ((1 - 0.05 ** (1 / 20)) / 2) ** 2
    assert found.aurocs[0] - interval.low == pytest.approx(np.sqrt(known + unseen), rel=1e-3)
    alone = significance.compare(sets[0])
    assert found.p_value(0, 1) > alone.p_value(0, 1)


def test_perfect_method_is_not_surely_better_on_few_images() -> None:
    nearly = Placements.of([2.0, 3, 4, 5, 6, 7], [0.0, 1, 0, 1, 0, 2.5])
    found = significance.compare({"perfect": perfect(6, 6), "nearly": nearly})
    assert found.interval(0) is not None
    assert found.p_value(0, 1) > 0.05


def test_json_cannot_leave_its_element() -> None:
    data = {"</script><!--": ["<script>", "&amp;", "\u2028"]}
    text = str(parts.json_in_script(data))
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == data


def test_thirty_methods_on_eight_sets_are_small(make_results: Callable[..., Results]) -> None:
    methods = [f"method-{number}" for number in range(30)]
    results = make_results(methods=methods, n_id=1500, n_ood=1500, score=lambda _, gap: gap)
    assert len(page.html_report(material_of(results)).encode()) < 3_000_000


def test_answer_names_the_best_and_the_trivial_baseline(small: Results) -> None:
    [part] = page.page_values(material_of(small))["parts"]
    best = small.rows.groupby("method")["auroc"].mean().idxmax()
    words = " ".join(part.answer.sentences)
    assert words.startswith(f"{best} is the best")
    assert f"It is {100 * gap(small, str(best)):.1f} points above the best trivial baseline, msp" in words
    assert re.search(r"tell it from \w+ four times out of five if in truth they are \d+\.\d\d points apart", words)
    for write in (texts.markdown_report, texts.latex_report):
        assert "is the best" in write(material_of(small))


def test_sets_that_share_no_method_have_no_best_one(make_results: Callable[..., Results]) -> None:
    """Nothing is said of all sets where there is no mean over them, least of all the first set's figures."""
    results = make_results(methods=("msp", "odin"), oods=("svhn", "isun"))
    rows = results.rows
    apart = rows[(rows["method"] == "msp") == (rows["ood"] == "svhn")]
    [part] = page.page_values(material_of(replace(results, rows=apart)))["parts"]
    words = " ".join(part.answer.sentences)
    assert words.startswith("No method was run on all sets, so there is no best one over them")
    assert "is the best" not in words
    assert [line.best for line in part.answer.sets] == ["msp", "odin"]


def gap(results: Results, best: str) -> float:
    means = results.rows.groupby("method")["auroc"].mean()
    return float(means[best] - means["msp"])


def test_cells_name_the_metrics_in_which_nothing_is_surely_better(make_results: Callable[..., Results]) -> None:
    results = make_results(methods=("msp", "odin"), oods=("svhn",), n_id=200, n_ood=150)
    rng = np.random.default_rng(0)
    resamples = {key: rng.normal(0, 0.2, (200, len(METRICS))) for key in results.rows["key"]}
    for known, wanted in ((resamples.get, set(METRICS)), (None, {"auroc"})):
        [part] = page.page_values(material_of(replace(results, replicates=known)))["parts"]
        told = [set(method["cells"][0]["best"]) for method in part.data()["methods"]]
        assert set.union(*told) == wanted


def test_transfer_shows_gains_over_the_reference() -> None:
    rows = [
        {"method": "odin", "tuned_on": tuned, "ood": "svhn", "auroc": figure}
        for tuned, figure in (("reference", 0.9), ("svhn", 0.95), ("noise", 0.88))
    ]
    table = page.transfer_table("odin", rows)
    cells = dict(table.lines)
    assert cells["svhn"] == (("95.0", "+5.0", "gain3 own"),)
    assert cells["noise"] == (("88.0", "-2.0", "loss2"),)
