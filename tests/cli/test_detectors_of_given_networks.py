"""Detectors of networks from elsewhere: chosen, applied, written as programs, and refused where the network changed."""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from typer.testing import CliRunner, Result

from bench.cli.main import app
from bench.data.dataset import DATASETS, Place
from bench.detector import Detector
from bench.errors import BenchError
from bench.export.opened import open_detector
from tests.cli.test_networks_by_name import by_hand

RUNNER = CliRunner()
NETWORK = ("--id", "digits", "--network", "nets.py:plain", "--checkpoint", "w.pth", "--normalize", "0.5/0.25")


def call(*arguments: str, fails: bool = False) -> Result:
    result = RUNNER.invoke(app, [*arguments])
    assert (result.exit_code != 0) == fails, result.output
    return result


def digits() -> Any:
    return DATASETS.get("digits")().load("test", Place(Path()))


def moved(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Path:
    """Another current folder, in which no relative path leads anywhere."""
    (folder / "elsewhere").mkdir()
    monkeypatch.chdir(folder / "elsewhere")
    return folder


@pytest.mark.parametrize("method", ["energy", "knn", "vim"])
def test_a_detector_of_a_users_own_network_is_kept_and_opened_from_anywhere(
    method: str,
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = call("threshold", "--method", method, *NETWORK, "--tpr", "0.9", "--out", "detector.json")
    assert "Network: The 6 features are what enters the layer fc" in told.stderr
    described = json.loads(Path("detector.json").read_text())
    assert described["checkpoint"]["opened_by"] == f"{here / 'nets.py'}:plain"
    assert described["checkpoint"]["path"] == "w.pth"
    found = Detector.load(moved(monkeypatch, here) / "detector.json", trust_code=True).decide(digits())
    assert 0.8 < found.is_id.mean() < 0.99
    if method == "energy":
        monkeypatch.chdir(here)
        expected = np.logaddexp.reduce(by_hand()[1], axis=1)
        np.testing.assert_allclose(found.scores, expected, rtol=1e-4)


@pytest.mark.parametrize(("method", "suffix"), [("energy", ".pt2"), ("vim", ".pt2"), ("mahalanobis", ".onnx")])
def test_its_program_decides_alike(method: str, suffix: str, here: Path) -> None:
    call("threshold", "--method", method, *NETWORK, "--out", "detector.json")
    call("export", "detector.json", "--id", "digits", "--trust-code", "-o", f"detector{suffix}")
    names = ("detector.json", f"detector{suffix}")
    suite, program = (open_detector(name, trust_code=True).decide(digits()) for name in names)
    assert np.array_equal(suite.is_id, program.is_id)
    assert 0 < suite.is_id.sum() < suite.is_id.size


WINDOWS = '''

class Windows(nn.Module):
    """Looks at each quarter of an image alone, as Swin does: there are four times as many of them as images."""

    def __init__(self):
        super().__init__()
        self.part, self.fc = nn.Linear(16, 5), nn.Linear(5, 10)

    def forward(self, images):
        parts = images.reshape(-1, 2, 4, 2, 4).transpose(2, 3).reshape(-1, 16)
        return self.fc(self.part(parts).relu().reshape(-1, 4, 5).mean(1))

def windows():
    torch.manual_seed(0)
    return Windows()
'''


def test_a_network_that_reckons_with_the_number_of_images_can_be_read_again(here: Path) -> None:
    source = here / "nets.py"
    source.write_text(source.read_text() + WINDOWS)
    given = ("--id", "digits", "--network", "nets.py:windows", "--normalize", "0.5/0.25")
    call("export", "--method", "energy", *given, "-o", "detector.pt2")
    assert open_detector("detector.pt2").decide(digits()).scores.shape == (500,)


def test_a_runs_method_and_network_leave_as_a_program(here: Path) -> None:
    arguments = ("--ood", "gaussian", "--set", "gaussian.count=60", "--out", "runs/mine")
    call("run", "--method", "max-logit", *NETWORK, *arguments)
    given = ("--network", "nets.py:plain", "--checkpoint", "w.pth", "-o", "detector.pt2")
    call("export", "--run", "runs/mine", "--method", "max-logit", *given)
    program = open_detector("detector.pt2").decide(digits())
    np.testing.assert_allclose(program.scores, by_hand()[1].max(1), rtol=1e-4)
    other = ("--network", "nets.py:scaled", "--checkpoint", "w.pth", "-o", "other.pt2")
    unnamed = ("--checkpoint", "w.pth", "-o", "other.pt2")
    refused = call("export", "--run", "runs/mine", "--method", "max-logit", *unnamed, fails=True)
    assert "is made by the code nets.py:plain. If you trust that, name it with --network" in str(refused.exception)
    refused = call("export", "--run", "runs/mine", "--method", "max-logit", *other, fails=True)
    assert "nets.py:scaled is not the network of the run" in str(refused.exception)


@pytest.mark.parametrize("command", [("detect", "detector.json", "digits"), ("export", "detector.json", "-o", "d.pt2")])
def test_code_that_only_a_detector_names_is_not_run(command: tuple[str, ...], here: Path) -> None:
    call("threshold", "--method", "energy", *NETWORK, "--out", "detector.json")
    sys.modules.pop("nets", None)
    (here / "nets.py").write_text("raise SystemExit('was run')")
    refused = call(*command, fails=True)
    assert "nets.py:plain. If you trust it, add --trust-code" in str(refused.exception)


def test_a_network_that_has_changed_is_refused(here: Path) -> None:
    call("threshold", "--method", "energy", *NETWORK, "--out", "detector.json")
    source = here / "nets.py"
    source.write_text(source.read_text().replace("Net(1.0)", "Net(3.0)"))
    sys.modules.pop("nets", None)
    with pytest.raises(BenchError, match=r"is not the one that .*detector\.json was made for"):
        Detector.load("detector.json", trust_code=True)


def test_a_program_has_its_weights_in_it(here: Path) -> None:
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 10))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"`torch\.jit")
        torch.jit.save(torch.jit.script(model), "net.pt")
    given = ("--id", "digits", "--network", "torchscript:net.pt", "--normalize", "0.5/0.25")
    call("threshold", "--method", "msp", *given, "--out", "detector.json")
    assert json.loads(Path("detector.json").read_text())["checkpoint"]["path"] is None
    assert Detector.load("detector.json", trust_code=True).decide(digits()).scores.shape == (500,)
    refused = call("threshold", "--method", "knn", *given, fails=True)
    assert "knn needs" in str(refused.exception)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((*NETWORK, "--seed", "1"), "--recipe and --seed describe a training"),
        ((*NETWORK, "--last-layer", "other"), "The layer 'other' does not make the logits"),
        (("--id", "digits", "--last-layer", "fc"), "--last-layer is for networks such as"),
        (("--id", "digits", "--transform", "t.toml"), "--transform describes a --checkpoint"),
        (NETWORK[:-2], "Nothing says how the images"),
    ],
)
def test_what_contradicts_is_refused(arguments: tuple[str, ...], message: str, here: Path) -> None:
    refused = call("threshold", "--method", "energy", *arguments, fails=True)
    assert isinstance(refused.exception, BenchError)
    assert message in str(refused.exception)
