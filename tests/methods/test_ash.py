"""ASH, on features and on maps."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData
from bench.method_contract import METHODS
from bench.metrics import auroc
from tests.methods.last_maps import fit_data, last_maps, passed
from tests.methods.oracles.ash import scores

METHOD = METHODS.get("ash")
every_variant = pytest.mark.parametrize("variant", ["s", "b", "p"])


def peer(variant: str, percentile: float, data: FitData) -> Any:
    def head(maps: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(data.head.logits(maps.mean((2, 3)).numpy()))

    ash = pytest.importorskip("pytorch_ood.detector").ASH
    return ash(lambda x: x, head, variant=f"ash-{variant}", percentile=percentile / 100)


@every_variant
@pytest.mark.parametrize("percentile", [0.0, 65.0, 90.0, 99.5])
def test_it_is_the_papers_algorithm(case: Any, variant: str, percentile: float) -> None:
    method = METHOD(variant=variant, percentile=percentile).fit(case.data)
    for outputs in (case.id, case.ood):
        assert method.score(outputs) == pytest.approx(scores(method, case.data, outputs), rel=1e-12)


@pytest.mark.parametrize(("variant", "percentile"), [("s", 65.0), ("b", 80.0), ("p", 90.0)])
def test_outliers_score_lower_at_percentiles_for_sixteen_features(case: Any, variant: str, percentile: float) -> None:
    method = METHOD(variant=variant, percentile=percentile).fit(case.data)
    assert auroc(method.score(case.id), method.score(case.ood)) > 0.95


@every_variant
@pytest.mark.parametrize("percentile", [65.0, 90.0])
def test_it_is_pytorch_oods_on_maps_of_one_position(case: Any, variant: str, percentile: float) -> None:
    method, theirs = METHOD(variant=variant, percentile=percentile).fit(case.data), peer(variant, percentile, case.data)
    for outputs in (case.id, case.ood):
        expected = -theirs.predict_feature_maps(torch.from_numpy(outputs.features)[..., None, None]).numpy()
        assert method.score(outputs) == pytest.approx(expected, rel=1e-5)


@every_variant
@pytest.mark.parametrize("percentile", [65.0, 95.0])
def test_pruned_maps_are_pytorch_oods(variant: str, percentile: float) -> None:
    method = METHOD(variant=variant, percentile=percentile, spatial=True)
    data = fit_data(())
    method.fit(FitData(data.head))
    expected = -peer(variant, percentile, data).predict_feature_maps(last_maps()).numpy()
    assert method.score(passed(method.probes())) == pytest.approx(expected, rel=1e-4, abs=1e-5)
    assert not np.allclose(METHOD(variant=variant, percentile=percentile).fit(data).score(data.train), expected, 1e-3)


def test_an_image_without_activation_has_the_energy_of_the_bias(case: Any) -> None:
    dark = Outputs(case.id.logits[:1], np.zeros((1, 16), np.float32))
    expected = np.log(np.exp(case.data.head.bias).sum())
    for variant in ("s", "b", "p"):
        assert METHOD(variant=variant).fit(case.data).score(dark) == pytest.approx([expected])


def test_features_below_zero_give_finite_scores(case: Any) -> None:
    stream = np.random.default_rng(0)
    mixed = stream.normal(0, 1, (200, 16)).astype(np.float32)
    mixed -= mixed.mean(1, keepdims=True)
    assert np.isfinite(METHOD(percentile=0.0).fit(case.data).score(Outputs(mixed[:, :5], mixed))).all()


def test_each_parameter_changes_the_scores(case: Any) -> None:
    tried = [
        METHOD(variant=variant, percentile=percentile).fit(case.data).score(case.id).tobytes()
        for variant in METHOD.search["variant"]
        for percentile in METHOD.search["percentile"]
    ]
    assert len(set(tried)) == len(tried) == 12


def test_refusals(case: Any) -> None:
    with pytest.raises(BenchError, match=r"ash: percentile must be between 0 and 99\.5, got 100\.0"):
        METHOD(percentile=100.0)
    with pytest.raises(BenchError, match="ash: variant must be 's', 'b' or 'p', got 'x'"):
        METHOD(variant="x")
    flat = replace(case.facts, lacks={"stages": "which a vision transformer has not."})
    METHOD().check(flat)
    with pytest.raises(BenchError, match=r"ash with spatial needs .*, which a vision transformer has not"):
        METHOD(spatial=True).check(flat)
