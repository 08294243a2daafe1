"""The decision rule: the share it keeps, its file, and every way the file can be out of date."""

from __future__ import annotations

import json
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bench.data.dataset import DATASETS, Place
from bench.data.images import ArrayImages, Images
from bench.data.transform import InputTransform
from bench.detector import Detector, fit_detector
from bench.errors import BenchError, NonFiniteScoresError
from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData, Head
from bench.method_contract import METHODS, Method, Scores, method
from bench.method_file import save_method
from bench.networks.checkpoint import Checkpoint
from bench.networks.classifier import build_network

TRANSFORM = InputTransform(32, 32, 1, (0.3,), (0.3,))


def checkpoint(seed: int = 0, transform: InputTransform = TRANSFORM, confidence: bool = False) -> Checkpoint:
    built = build_network("convnet", 10, channels=1, confidence_branch=confidence, seed=seed)
    return Checkpoint(
        network="convnet",
        num_classes=10,
        channels=1,
        confidence_branch=confidence,
        transform=transform,
        classes=(),
        id_dataset="digits",
        objective="cross-entropy",
        seed=seed,
        training={},
        state=built.state_dict(),
    )


def digits(count: int) -> Images:
    found = DATASETS.get("digits")().load("test", Place(Path()))
    assert isinstance(found, ArrayImages)
    return ArrayImages(found.pixels[:count])


def fitted(images: Images | None = None, **options: Any) -> Detector:
    return fit_detector(checkpoint(), METHODS.get("msp")(), digits(90) if images is None else images, **options)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A detector's file beside its checkpoint."""
    checkpoint().save(tmp_path / "net.safetensors")
    fitted().save(tmp_path / "detector.json", checkpoint=tmp_path / "net.safetensors")
    return tmp_path / "detector.json"


@method("halves")
class Halves(Method):
    """Scores that tie: one of two values."""

    def score(self, outputs: Outputs) -> Scores:
        return (np.arange(len(outputs)) % 2).astype(np.float64)


@method("hollow")
class Hollow(Method):
    def score(self, outputs: Outputs) -> Scores:
        return np.full(len(outputs), np.nan)


@pytest.mark.parametrize("tpr", [0.01, 0.5, 0.9, 0.95, 0.951, 1.0])
def test_the_threshold_is_the_largest_that_keeps_the_wanted_share(tpr: float) -> None:
    images = digits(90)
    detector = fitted(images, tpr=tpr)
    decision = detector.decide(images)
    kept = decision.is_id.sum()
    assert kept == np.ceil(round(tpr * 90, 9)), "these scores have no ties, so the share is met exactly"
    assert detector.threshold == np.sort(decision.scores)[-kept]
    assert (decision.is_id == (decision.scores >= detector.threshold)).all()
    assert detector.validation["called_id"] == kept / 90


def test_an_image_at_the_threshold_is_called_id() -> None:
    images = digits(40)
    detector = fit_detector(checkpoint(), Halves(), images, tpr=0.5)
    assert detector.threshold == 1.0
    decision = detector.decide(images)
    assert decision.is_id.mean() == 0.5
    assert (decision.scores > detector.threshold).mean() == 0.0, "calling the tied images OOD would lose the share"


def test_a_file_gives_the_same_decisions(saved: Path) -> None:
    images = digits(300)
    fresh, read = fitted().decide(images), Detector.load(saved).decide(images)
    assert np.array_equal(fresh.scores, read.scores)
    assert np.array_equal(fresh.is_id, read.is_id)
    assert 0 < fresh.is_id.sum() < 300


def test_the_file_says_what_decides(saved: Path) -> None:
    described = json.loads(saved.read_text())
    assert described["schema"] == 1
    assert described["rule"].startswith("out-of-distribution where score < threshold")
    assert (described["method"], described["parameters"], described["tpr"]) == ("msp", {}, 0.95)
    assert described["threshold"] == fitted().threshold
    assert described["validation"]["images"] == 90
    assert described["checkpoint"]["path"] == "net.safetensors"
    assert described["checkpoint"]["weights_hash"] == checkpoint().weights_hash
    assert InputTransform.from_dict(described["checkpoint"]["transform"]) == TRANSFORM
    assert described["provenance"]["packages"]["torch"] == version("torch")


def test_parameters_come_back(tmp_path: Path) -> None:
    checkpoint().save(tmp_path / "net.safetensors")
    odin = METHODS.get("odin")(temperature=10.0, epsilon=0.02)
    detector = fit_detector(checkpoint(), odin, digits(50))
    detector.save(tmp_path / "d.json", checkpoint=tmp_path / "net.safetensors")
    read = Detector.load(tmp_path / "d.json")
    assert read.method.parameters() == odin.parameters()
    assert np.array_equal(read.decide(digits(50)).scores, detector.decide(digits(50)).scores)


def test_file_and_checkpoint_move_together(saved: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in ("detector.json", "net.safetensors"):
        shutil.move(saved.parent / name, moved / name)
    assert Detector.load(moved / "detector.json").decide(digits(3)).scores.shape == (3,)


def test_a_checkpoint_in_another_folder_is_found(tmp_path: Path) -> None:
    checkpoint().save(tmp_path / "nets" / "net.safetensors")
    path = tmp_path / "detectors" / "d.json"
    fitted().save(path, checkpoint=tmp_path / "nets" / "net.safetensors")
    assert json.loads(path.read_text())["checkpoint"]["path"] == str(tmp_path / "nets" / "net.safetensors")
    Detector.load(path)


def test_a_foreign_checkpoint_keeps_its_transform(tmp_path: Path) -> None:
    torch.save({"state_dict": checkpoint().state}, tmp_path / "net.pt")
    fitted().save(tmp_path / "d.json", checkpoint=tmp_path / "net.pt")
    read = Detector.load(tmp_path / "d.json")
    assert read.checkpoint.transform == TRANSFORM
    assert np.array_equal(read.decide(digits(20)).scores, fitted().decide(digits(20)).scores)


def test_a_detector_is_not_saved_with_another_network(tmp_path: Path) -> None:
    checkpoint(seed=1).save(tmp_path / "other.safetensors")
    with pytest.raises(BenchError, match=r"weights in .*other\.safetensors are not those"):
        fitted().save(tmp_path / "d.json", checkpoint=tmp_path / "other.safetensors")
    assert not (tmp_path / "d.json").exists()


def test_changed_weights_are_noticed(saved: Path) -> None:
    checkpoint(seed=1).save(saved.parent / "net.safetensors")
    with pytest.raises(BenchError, match=r"weights in .*net\.safetensors are not those .*detector\.json was made for"):
        Detector.load(saved)


def test_a_changed_transform_is_noticed(saved: Path) -> None:
    checkpoint(transform=InputTransform(32, 32, 1, (0.5,), (0.5,))).save(saved.parent / "net.safetensors")
    with pytest.raises(BenchError, match=r"input transform of .*net\.safetensors is not the one"):
        Detector.load(saved)


def test_a_missing_checkpoint_is_named(saved: Path) -> None:
    (saved.parent / "net.safetensors").unlink()
    with pytest.raises(BenchError, match=r"needs the checkpoint .*net\.safetensors, which is not there"):
        Detector.load(saved)


def test_a_newer_version_of_the_method_is_noticed(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(METHODS.get("msp"), "version", 2)
    with pytest.raises(BenchError, match="version 1 of msp, whose scores differ from those of version 2"):
        Detector.load(saved)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text[:-40], "not a whole detector file"),
        (lambda _: "[1, 2]", "not a whole detector file"),
        (lambda _: '{"schema": 1}', "not a whole detector file.*format"),
        (lambda text: text.replace("oodbench detector", "something else"), "its format is 'something else'"),
        (lambda text: text.replace('"schema": 1', '"schema": 2'), r"newer oodbench \(schema 2\)"),
        (lambda text: text.replace('"tpr"', '"rate"'), "it lacks tpr"),
        (lambda text: text.replace('"path"', '"way"'), "it lacks path"),
        (lambda text: text.replace('"threshold": -', '"threshold": NaN, "x": -'), "NaN is no finite number"),
        (lambda text: text.replace('"method": "msp"', '"method": "mps"'), "Did you mean 'msp'"),
    ],
)
def test_a_damaged_file_is_refused(saved: Path, change: Any, message: str) -> None:
    changed = change(saved.read_text())
    assert changed != saved.read_text()
    saved.write_text(changed)
    with pytest.raises(BenchError, match=message):
        Detector.load(saved)


def training() -> ArrayImages:
    found = DATASETS.get("digits")().load("train", Place(Path()))
    assert isinstance(found, ArrayImages)
    assert found.labels is not None
    return ArrayImages(found.pixels[:300], found.labels[:300])


SINGLE = [name for name in METHODS.names() if (kind := METHODS.get(name)).objective and not kind.ensemble]
"""All methods that look at one network."""


@pytest.mark.parametrize("name", [name for name in SINGLE if "training" in METHODS.get(name).needs])
def test_what_training_images_taught_lies_beside_the_file(name: str, tmp_path: Path) -> None:
    checkpoint().save(tmp_path / "net.safetensors")
    detector = fit_detector(checkpoint(), METHODS.get(name)(), digits(60), train=training())
    detector.save(tmp_path / "d.json", checkpoint=tmp_path / "net.safetensors")
    described = json.loads((tmp_path / "d.json").read_text())
    assert described["state"]["path"] == "d.method.safetensors"
    assert described["training"] == {"images": 300, "identity": training().identity}
    read = Detector.load(tmp_path / "d.json")
    assert read.training == detector.training
    assert read.decide(digits(60)).scores.tobytes() == detector.decide(digits(60)).scores.tobytes()


@pytest.fixture
def learnt(tmp_path: Path) -> Path:
    checkpoint().save(tmp_path / "net.safetensors")
    detector = fit_detector(checkpoint(), METHODS.get("vim")(), digits(60), train=training())
    detector.save(tmp_path / "d.json", checkpoint=tmp_path / "net.safetensors")
    return tmp_path / "d.json"


def test_a_state_that_is_missing_or_another_is_noticed(learnt: Path) -> None:
    state = learnt.with_name("d.method.safetensors")
    kept = state.read_bytes()
    save_method(METHODS.get("vim")(dim=3).fit(FitData(Head(np.eye(10), np.zeros(10)), made_outputs())), state)
    with pytest.raises(BenchError, match=r"d\.method\.safetensors is not what .*d\.json was written with"):
        Detector.load(learnt)
    state.unlink()
    with pytest.raises(BenchError, match=r"needs .*d\.method\.safetensors, which is not there"):
        Detector.load(learnt)
    state.write_bytes(kept)
    described = json.loads(learnt.read_text())
    learnt.write_text(json.dumps({**described, "parameters": {"dim": 7}}))
    with pytest.raises(BenchError, match="of different methods or parameters"):
        Detector.load(learnt)
    learnt.write_text(json.dumps({name: value for name, value in described.items() if name != "state"}))
    with pytest.raises(BenchError, match="it lacks the state of its method"):
        Detector.load(learnt)


def made_outputs() -> Outputs:
    features = np.random.default_rng(0).random((40, 10), np.float32)
    return Outputs(features, features, labels=np.arange(40) % 10)


def test_training_images_are_asked_for() -> None:
    with pytest.raises(BenchError, match=r"vim needs the labelled training images, .* give them to fit_detector"):
        fit_detector(checkpoint(), METHODS.get("vim")(), digits(5))
    for name, what in (("deep-ensemble", "several networks"), ("brightness", "no network")):
        with pytest.raises(BenchError, match=f"{name} looks at {what}, and a detector has one"):
            fit_detector(checkpoint(), METHODS.get(name)(), digits(5), train=training())


def labelled(count: int) -> ArrayImages:
    found = DATASETS.get("digits")().load("test", Place(Path()))
    assert isinstance(found, ArrayImages)
    assert found.labels is not None
    return ArrayImages(found.pixels[:count], found.labels[:count])


def test_a_threshold_from_misclassified_images_has_the_smallest_error_of_all(tmp_path: Path) -> None:
    images = labelled(200)
    detector = fitted(images, threshold_from="misclassified")
    scores = detector.decide(images).scores
    predicted = predictions(images)
    right = predicted == images.labels
    errors = {one: ((scores[right] < one).mean() + (scores[~right] >= one).mean()) / 2 for one in scores}
    assert errors[detector.threshold] == pytest.approx(min(errors.values()), abs=1e-12)
    told = {name: detector.validation[name] for name in ("images", "right", "wrong")}
    assert told == {"images": 200, "right": int(right.sum()), "wrong": int((~right).sum())}
    assert detector.validation["detection_error"] == pytest.approx(min(errors.values()))
    checkpoint().save(tmp_path / "net.safetensors")
    detector.save(tmp_path / "d.json", checkpoint=tmp_path / "net.safetensors")
    again = Detector.load(tmp_path / "d.json")
    assert (again.threshold, again.tpr, again.validation) == (detector.threshold, None, detector.validation)


def predictions(images: ArrayImages) -> np.ndarray[Any, Any]:
    """The classes that the untrained network predicts, by plain torch."""
    pixels = torch.from_numpy(images.pixels)[:, None].float() / 255
    resized = torch.nn.functional.interpolate(pixels, (32, 32), mode="bilinear", antialias=True)
    with torch.no_grad():
        found: np.ndarray[Any, Any] = checkpoint().build()((resized - 0.3) / 0.3).logits.argmax(1).numpy()
    return found


def test_nothing_can_be_chosen_from_misclassified_images_where_there_are_none() -> None:
    images = labelled(60)
    predicted = predictions(images)
    with pytest.raises(BenchError, match="All 60 validation images are classified rightly, so none can stand in"):
        fitted(ArrayImages(images.pixels, predicted), threshold_from="misclassified")
    with pytest.raises(BenchError, match="All 60 validation images are classified wrongly"):
        fitted(ArrayImages(images.pixels, (predicted + 1) % 10), threshold_from="misclassified")
    with pytest.raises(BenchError, match="have no labels"):
        fitted(digits(60), threshold_from="misclassified")
    with pytest.raises(BenchError, match="chosen from tpr or misclassified, not 'luck'"):
        fitted(images, threshold_from="luck")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"Cannot read the detector .*d\.json: No such file.*bench threshold"):
        Detector.load(tmp_path / "d.json")


def test_what_cannot_be_fitted_is_refused() -> None:
    with pytest.raises(BenchError, match="confidence needs a network with the confidence branch, trained with"):
        fit_detector(checkpoint(), METHODS.get("confidence")(), digits(5))
    with pytest.raises(BenchError, match=r"fraction in \(0, 1\], got 95\. Did you mean 0\.95"):
        fitted(tpr=95)
    with pytest.raises(BenchError, match="no images to score"):
        fitted(digits(0))
    with pytest.raises(NonFiniteScoresError, match="scores of hollow: nan at index 0"):
        fit_detector(checkpoint(), Hollow(), digits(5))
    with pytest.raises(BenchError, match="no images to score"):
        fitted().decide(digits(0))
