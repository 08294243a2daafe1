"""The device that is asked for is given, or a message says why not."""

import pytest
import torch

from bench.device import describe_device, is_quick_in_bf16, pick_device
from bench.errors import BenchError


def pretend(monkeypatch: pytest.MonkeyPatch, *, cuda: bool, mps: bool) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2 if cuda else 0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)


@pytest.mark.parametrize(
    ("cuda", "mps", "best"), [(True, True, "cuda"), (True, False, "cuda"), (False, True, "mps"), (False, False, "cpu")]
)
def test_auto_takes_the_fastest_there_is(monkeypatch: pytest.MonkeyPatch, cuda: bool, mps: bool, best: str) -> None:
    pretend(monkeypatch, cuda=cuda, mps=mps)
    assert pick_device().type == best
    assert pick_device("cpu").type == "cpu"


def test_one_of_several_graphics_cards_may_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, cuda=True, mps=False)
    assert pick_device("cuda:1") == torch.device("cuda", 1)
    with pytest.raises(BenchError, match="'cuda:2' is not available"):
        pick_device("cuda:2")


@pytest.mark.parametrize("choice", ["cuda", "cuda:0", "mps"])
def test_what_is_not_there_is_refused_with_a_way_out(monkeypatch: pytest.MonkeyPatch, choice: str) -> None:
    pretend(monkeypatch, cuda=False, mps=False)
    with pytest.raises(BenchError, match=rf"'{choice}' is not available .*--device cpu or auto"):
        pick_device(choice)


@pytest.mark.parametrize("choice", ["gpu", "", "CPU", "cuda0", "cuda:", "cuda:x", "cuda:-1", "cpu:first", "meta"])
def test_names_of_no_device_are_refused_with_the_choices(monkeypatch: pytest.MonkeyPatch, choice: str) -> None:
    pretend(monkeypatch, cuda=True, mps=False)
    with pytest.raises(BenchError, match=rf"Unknown device '{choice}'\. Choose one of auto, cpu, cuda, mps, or cuda:N"):
        pick_device(choice)


def test_the_model_of_the_processor_or_card_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert describe_device(torch.device("cpu")).startswith("cpu: ")
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: f"card {device.index}")
    assert describe_device(torch.device("cuda", 1)) == "card 1"


@pytest.mark.parametrize(("capability", "quick"), [("AVX512", True), ("AVX2", False), ("DEFAULT", False)])
def test_processors_without_avx_512_emulate_bf16(monkeypatch: pytest.MonkeyPatch, capability: str, quick: bool) -> None:
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    assert is_quick_in_bf16(torch.device("cpu")) == quick


@pytest.mark.parametrize(("capability", "quick"), [((9, 0), True), ((8, 0), True), ((7, 5), False)])
def test_cards_before_ampere_emulate_bf16(
    monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int], quick: bool
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert is_quick_in_bf16(torch.device("cuda", 0)) == quick
