"""What must hold for every registered method; a new file in `methods/` is held to it by being there."""

import inspect
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr

from bench.extraction.outputs import Outputs
from bench.memory import watched_peak
from bench.method_contract import METHODS
from bench.shared import Shared
from bench.testing import parametrize_with_checks
from tests.methods.cases import Made, made_for, needs_a_pass, oracle

NAMES = list(METHODS.built_in)
every_method = pytest.mark.parametrize("name", NAMES)
of_arrays = pytest.mark.parametrize(
    "name", [name for name in NAMES if METHODS.get(name).objective and not needs_a_pass(METHODS.get(name)())]
)

SLOW_ORACLE_TOLERANCE = {"gradient-uncertainty": 1e-4, "gram": 2e-3}
"""Where the oracle computes everything anew from the images in float64, and the passes are float32."""

EXPECTED_FAILURES = {
    "compression-size": {"tie-share": "a file has a whole number of bytes"},
    "constant": {
        "orientation": "it is what carries no information",
        "tie-share": "all scores are equal by design",
    },
    "gram": {"tie-share": "images within all bounds deviate by nothing"},
    "nac": {"tie-share": "states in well-filled bins are all fully covered"},
    "random": {"orientation": "it is chance"},
}
"""What single methods are not held to, with the reason."""


@parametrize_with_checks(NAMES, EXPECTED_FAILURES, kind="method", tolerance=1e-9)
def test_it_conforms(check: Callable[[], None]) -> None:
    check()


def outputs_of(made: Made) -> list[Outputs]:
    return [made.id, made.ood]


@every_method
def test_there_is_an_oracle(name: str) -> None:
    assert (Path(__file__).parent / "oracles" / f"{name.replace('-', '_')}.py").is_file()


@every_method
def test_the_score_is_the_oracles(name: str) -> None:
    method = METHODS.get(name)()
    made = made_for(method)
    for outputs in outputs_of(made):
        found, expected = method.score(outputs), oracle(name, method, made.data, outputs)
        tolerance = SLOW_ORACLE_TOLERANCE.get(name, 1e-6)
        assert found == pytest.approx(expected, rel=tolerance, abs=tolerance)


@every_method
def test_our_own_are_published_and_grouped(name: str) -> None:
    cls, entry = METHODS.get(name), METHODS.entry(name)
    assert cls.name == name
    assert cls.citation.venue
    assert 1940 < cls.citation.year < 2100
    assert cls.citation.url.startswith("https://")
    assert (cls.group == "baselines") == (cls.objective is None)
    doc = inspect.getdoc(cls) or ""
    assert doc.split("\n")[0] == entry.summary
    assert "score" in doc.lower()
    assert all(f"{parameter}:" in doc for parameter in cls.parameter_names()), "each parameter is explained"


@of_arrays
def test_scores_are_finite_on_extreme_logits_and_features(name: str) -> None:
    method = METHODS.get(name)()
    outputs = made_for(method).ood
    for scale in (1e-4, 1.0, 1e4):
        logits = (scale * np.sign(outputs.logits) * np.abs(outputs.logits / np.abs(outputs.logits).max())).astype("f4")
        extreme = replace(outputs, logits=logits, features=(scale * outputs.features).astype("f4"), shared=Shared())
        assert np.isfinite(method.score(extreme)).all(), scale


def changed(outputs: Outputs, change: Callable[[Any], Any]) -> Outputs:
    """The outputs with their arrays changed."""
    confidence = None if outputs.confidence_logit is None else change(outputs.confidence_logit)
    return Outputs(change(outputs.logits), change(outputs.features), confidence)


@of_arrays
def test_what_is_no_number_gives_no_number(name: str) -> None:
    method = METHODS.get(name)()
    outputs = made_for(method).id
    spoilt = changed(outputs, lambda array: np.concatenate([array[:3], np.full_like(array[3:4], np.nan), array[4:]]))
    scores = method.score(spoilt)
    assert np.flatnonzero(np.isnan(scores)).tolist() == [3]
    rest = np.arange(len(scores)) != 3
    assert scores[rest] == pytest.approx(method.score(outputs)[rest], rel=1e-9, abs=1e-9)


@of_arrays
def test_float32_inputs_keep_the_ranks_of_float64(name: str) -> None:
    method = METHODS.get(name)()
    outputs = made_for(method).ood
    wide = changed(outputs, lambda array: array.astype(np.float64))
    assert spearmanr(method.score(outputs), method.score(wide)).statistic > 1 - 1e-6


@of_arrays
def test_memory_stays_bounded(name: str) -> None:
    """60,000 training images with 10 classes and 64 features: 15 MB; a temporary of their pairs would be gigabytes."""
    method = METHODS.get(name)()
    if "training" not in method.needs:
        pytest.skip("it keeps nothing of the training images")
    made = made_for(method)
    times = 60_000 // len(made.data.train)
    stream = np.random.default_rng(0)
    features = np.tile(made.data.features, (times, 4))
    features += stream.normal(0, 0.01, features.shape).astype(np.float32)
    train = replace(
        made.data.train, features=features, logits=np.tile(made.data.train.logits, (times, 1)),
        labels=np.tile(made.data.labels, times), confidence_logit=None, shared=Shared(),
    )  # fmt: skip
    head = replace(made.data.head, weight=np.tile(made.data.head.weight, (1, 4)))
    tested = replace(made.id, features=np.tile(made.id.features, (1, 4)), shared=Shared())
    with watched_peak() as peak:
        scores = METHODS.get(name)().fit(type(made.data)(head, train)).score(tested)
    assert np.isfinite(scores).all()
    assert peak.megabytes is None or peak.megabytes < 600
