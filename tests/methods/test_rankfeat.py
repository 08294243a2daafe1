from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from bench.data.transform import InputTransform
from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.extraction.probe import Seen
from bench.logits import log_sum_exp
from bench.method_contract import METHODS
from bench.metrics import auroc
from bench.networks.classifier import NetworkOutput
from tests.methods.oracles.rankfeat import scores
from tests.methods.raw_maps import as_it_ran

RANKFEAT: Any = METHODS.get("rankfeat")
LayerCase = Callable[[Any], Any]


def see(network: Any, stages: list[torch.Tensor]) -> Seen:
    transform = InputTransform(32, 32, 1, (0.5,), (0.25,))
    logits = torch.zeros(len(stages[0]), 5)
    return Seen(torch.zeros(len(logits), 1, 32, 32), transform, network, NetworkOutput(logits, logits, None), stages)


@pytest.mark.parametrize("block", ["both", "last", "previous"])
def test_the_score_is_the_oracles_in_float64_up_to_the_passes_float32(block: str, layer_case: LayerCase) -> None:
    method = RANKFEAT(block=block)
    case = layer_case(method)
    for outputs in (case.id, case.ood):
        assert method.score(outputs) == pytest.approx(scores(method, case.data, outputs), rel=2e-5, abs=2e-5)


@pytest.mark.parametrize(("block", "stage"), [("last", 3), ("previous", 2)])
def test_one_block_gives_pytorch_oods_scores(block: str, stage: int, layer_case: LayerCase) -> None:
    peers = pytest.importorskip("pytorch_ood.detector")
    method = RANKFEAT(block=block)
    case = layer_case(method)
    network, images = as_it_ran(case.id)
    stages, _ = network.forward_stages(images)
    peer = peers.RankFeat(lambda maps: maps, lambda maps: network.resume(maps, stage + 1).logits)
    theirs = -peer.predict_feature_maps(stages[stage]).numpy()
    assert method.score(case.id) == pytest.approx(theirs, rel=1e-5, abs=1e-5)


def test_what_only_the_dominant_component_says_counts_for_nothing(layer_case: LayerCase) -> None:
    network, _ = as_it_ran(layer_case(RANKFEAT()).id)
    stream = np.random.default_rng(0)
    weight = network.classifier.weight.numpy()
    pattern = weight[np.linalg.norm(weight, axis=1).argmax()][:, None]
    common = stream.uniform(290, 300, (80, 64, 1)) * np.ones(16)
    evidence = 300 * pattern * stream.uniform(0, 2, (80, 1, 16))
    noise = stream.normal(0, 0.01, (80, 64, 16))
    inside = np.arange(80)[:, None, None] < 40
    maps = np.where(inside, common + evidence, 900 * pattern * np.ones(16)) + noise
    tensor = torch.from_numpy(maps).float().reshape(80, 64, 4, 4)
    method = RANKFEAT(block="last")
    (probe,) = method.probes()
    logits = network.classify(tensor).logits.numpy()
    edited = probe(see(network, [tensor] * 4)).numpy()
    found = method.score(Outputs(logits, np.zeros((80, 64), np.float32), probed={probe: edited}))
    assert auroc(found[:40], found[40:]) > 0.95
    assert auroc(log_sum_exp(logits)[:40], log_sum_exp(logits)[40:]) < 0.5


def test_an_image_that_is_not_finite_is_nan_and_leaves_the_others_alone(layer_case: LayerCase) -> None:
    method = RANKFEAT()
    case = layer_case(method)
    network, images = as_it_ran(case.id)
    images = images[:6].clone()
    images[2, 0, 3, 3] = torch.nan
    stages, _ = network.forward_stages(images)
    probed = {probe: probe(see(network, stages)).numpy() for probe in method.probes()}
    found = method.score(Outputs(case.id.logits[:6], case.id.features[:6], probed=probed))
    assert np.flatnonzero(np.isnan(found)).tolist() == [2]
    others = [0, 1, 3, 4, 5]
    assert found[others] == pytest.approx(method.score(case.id)[others], rel=1e-5)


def test_maps_of_any_scale_and_of_zeros_are_decomposed(layer_case: LayerCase) -> None:
    network, images = as_it_ran(layer_case(RANKFEAT()).id)
    stages, _ = network.forward_stages(images[:3])
    (probe,) = RANKFEAT(block="last").probes()
    bias = network.classifier.bias
    plain = probe(see(network, stages)) - bias
    tiny = probe(see(network, [maps * 1e-25 for maps in stages])) - bias
    assert torch.allclose(probe(see(network, [maps * 1e25 for maps in stages])) / 1e25, plain, rtol=1e-3, atol=1e-4)
    assert torch.equal(tiny, torch.zeros_like(tiny))
    assert torch.equal(probe(see(network, [maps * 0 for maps in stages])), bias.expand(3, -1))


def test_what_has_no_meaning_is_refused(layer_case: LayerCase) -> None:
    with pytest.raises(BenchError, match="rankfeat: block must be one of last, previous, both, got 'first'"):
        RANKFEAT(block="first")
    network, images = as_it_ran(layer_case(RANKFEAT()).id)
    stages, _ = network.forward_stages(images[:3])
    with pytest.raises(BenchError, match="a network of 1 stages has no stage before the last"):
        RANKFEAT(block="previous").probes()[0](see(network, stages[-1:]))
