from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from bench.errors import BenchError
from bench.method_contract import METHODS
from bench.metrics import auroc
from tests.methods.oracles.nac import scores
from tests.methods.raw_maps import LogitsOnly, as_it_ran, network_and_input

NAC: Any = METHODS.get("nac")
LayerCase = Callable[[Any], Any]


@pytest.mark.parametrize("settings", [{}, {"layers": "all", "alpha": 10.0, "bins": 21, "filled": 5, "images": 333}])
def test_the_score_is_the_oracles(settings: dict[str, Any], layer_case: LayerCase) -> None:
    method = NAC(**settings)
    case = layer_case(method)
    for outputs in (case.id, case.ood):
        assert method.score(outputs) == pytest.approx(scores(method, case.data, outputs), rel=1e-12)


def test_the_effects_are_the_average_times_the_slope_of_the_divergence(layer_case: LayerCase) -> None:
    method = NAC(layers="all")
    case = layer_case(method)
    found = case.id.probed[method.probes()[0]]
    network, images = network_and_input(case.id)
    with torch.no_grad():
        stages, _ = network.forward_stages(images[:3])

        def divergence(maps: torch.Tensor, stage: int) -> torch.Tensor:
            p = network.resume(maps, stage + 1).logits.softmax(1)
            return (0.2 * (0.2 / p).log()).sum(1)

        first = 0
        for stage, maps in enumerate(stages):
            for channel in (0, 7, maps.shape[1] - 1):
                step = torch.zeros_like(maps)
                step[:, channel] = 1e-6
                slope = (divergence(maps + step, stage) - divergence(maps - step, stage)) / 2e-6
                expected = maps[:, channel].mean((1, 2)) * slope
                assert found[:3, first + channel] == pytest.approx(expected.numpy(), rel=1e-3, abs=1e-6)
            first += maps.shape[1]
    assert first == found.shape[1]


def test_the_last_layer_alone_is_the_end_of_all(layer_case: LayerCase) -> None:
    last, every = NAC(), NAC(layers="all")
    alone, among = layer_case(last).ood.probed[last.probes()[0]], layer_case(every).ood.probed[every.probes()[0]]
    assert alone == pytest.approx(among[:, -64:], rel=1e-4, abs=1e-7)


def test_outliers_are_covered_less(layer_case: LayerCase) -> None:
    method = NAC(alpha=10.0)
    case = layer_case(method)
    assert auroc(method.score(case.id), method.score(case.ood)) > 0.9  # of a network that nobody trained
    for outputs in (case.id, case.ood):
        assert ((method.score(outputs) >= 0) & (method.score(outputs) <= 1)).all()


def test_pytorch_ood_agrees_but_for_the_places_of_the_bins(
    layer_case: LayerCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    peers = pytest.importorskip("pytorch_ood.detector.nac")
    method = NAC(images=1200)
    case = layer_case(method)
    edges = 1 / (1 + np.exp(-method.alpha * method.edges_))

    def our_bins(states: torch.Tensor, m: int, eps: float = 0.0) -> torch.Tensor:
        return torch.from_numpy(np.searchsorted(edges, states.double().numpy(), side="right"))

    monkeypatch.setattr(peers, "_bin_indices_geometric", our_bins)
    network, images = as_it_ran(case.data.train)
    model = LogitsOnly(network)
    peer = peers.NACUE(model, [model.features], m_bins=50, alpha=100.0, o_star=50)
    with torch.enable_grad():
        peer.fit(DataLoader(TensorDataset(images.requires_grad_(True)), batch_size=400))
        for outputs in (case.id, case.ood):
            theirs = -peer.predict(as_it_ran(outputs)[1].requires_grad_(True)).numpy()
            assert method.score(outputs) == pytest.approx(theirs, abs=1e-3)


def test_an_image_that_is_not_a_number_has_no_score(layer_case: LayerCase) -> None:
    method = NAC()
    outputs = layer_case(method).id
    effects = outputs.probed[method.probes()[0]]
    before = method.score(outputs)
    effects[4, 9] = np.nan
    after = method.score(outputs)
    assert np.flatnonzero(np.isnan(after)).tolist() == [4]
    assert np.array_equal(np.delete(after, 4), np.delete(before, 4))


def test_without_any_image_of_a_class_the_others_are_counted_evenly(layer_case: LayerCase) -> None:
    method = NAC(images=100, filled=1000)
    case = layer_case(method)
    assert method.coverage_.sum() * 1000 == pytest.approx(64 * 100)
    fewer = case.data.train.take(np.flatnonzero(case.data.labels != 1))
    method.fit(type(case.data)(given_train=fewer))
    assert method.coverage_.sum() * 1000 == pytest.approx(64 * 100)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"layers": "first"}, "layers must be last or all"),
        ({"alpha": 0.0}, "alpha must be above 0"),
        ({"bins": 5}, "bins must be at least 6"),
        ({"filled": 0}, "filled and images must be at least 1"),
        ({"images": 0}, "filled and images must be at least 1"),
    ],
)
def test_settings_out_of_range_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(BenchError, match=f"nac: {message}"):
        NAC(**settings)


@pytest.mark.parametrize(
    "settings", [{"layers": "all"}, {"alpha": 300.0}, {"bins": 150}, {"filled": 150}, {"images": 300}]
)
def test_every_parameter_changes_the_scores(settings: dict[str, Any], layer_case: LayerCase) -> None:
    first, second = NAC(), NAC(**settings)
    one, other = layer_case(first), layer_case(second)
    assert not np.array_equal(first.score(one.id), second.score(other.id))
