"""`bench threshold` and `bench detect`: from ID validation images to a decision for each of some images."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import typer
from PIL import Image
from typer.testing import CliRunner, Result

from bench.cli.detect import detect
from bench.cli.threshold import threshold
from bench.data.dataset import DATASETS, Place
from bench.data.images import ArrayImages
from bench.data.transform import InputTransform
from bench.errors import BenchError
from bench.networks.checkpoint import Checkpoint
from bench.networks.classifier import build_network

RUNNER = CliRunner()
APP = typer.Typer()
APP.command()(threshold)
APP.command()(detect)


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """An untrained network for digits."""
    checkpoint = Checkpoint(
        network="convnet",
        num_classes=10,
        channels=1,
        confidence_branch=False,
        transform=InputTransform(32, 32, 1, (0.3,), (0.3,)),
        classes=(),
        id_dataset="digits",
        objective="cross-entropy",
        seed=0,
        training={},
        state=build_network("convnet", 10, channels=1).state_dict(),
    )
    checkpoint.save(tmp_path / "net.safetensors")
    return tmp_path / "net.safetensors"


@pytest.fixture
def detector(network: Path) -> Path:
    ran("threshold", "--method", "msp", "--id", "digits", "--checkpoint", network, "--out", network.parent / "d.json")
    return network.parent / "d.json"


def invoked(*arguments: str | Path) -> Result:
    return RUNNER.invoke(APP, [str(one) for one in arguments])


def ran(*arguments: str | Path) -> Result:
    result = invoked(*arguments)
    assert result.exit_code == 0, result.exception
    return result


def refused(*arguments: str | Path) -> str:
    result = invoked(*arguments)
    assert isinstance(result.exception, BenchError), result.output
    return str(result.exception)


def digits() -> ArrayImages:
    found = DATASETS.get("digits")().load("test", Place(Path()))
    assert isinstance(found, ArrayImages)
    return found


def log_probabilities(network: Path) -> np.ndarray[Any, Any]:
    """The largest log-probability of each test digit, by plain torch."""
    pixels = torch.from_numpy(digits().pixels)[:, None].float() / 255
    resized = torch.nn.functional.interpolate(pixels, (32, 32), mode="bilinear", antialias=True)
    with torch.no_grad():
        logits = Checkpoint.load(network).build()((resized - 0.3) / 0.3).logits
    found: np.ndarray[Any, Any] = logits.double().log_softmax(1).amax(1).numpy()
    return found


def test_the_threshold_is_taken_from_the_first_fifth_of_the_test_set(network: Path) -> None:
    options = ["threshold", "--method", "msp", "--id", "digits", "--checkpoint", str(network), "--format", "json"]
    found = json.loads(ran(*options).stdout)
    scores = np.sort(log_probabilities(network)[:100])
    assert found["threshold"] == pytest.approx(scores[5], abs=1e-6)
    assert found["validation"]["called_id"] == 0.95
    lower = json.loads(ran(*options, "--tpr", "0.99").stdout)
    assert lower["threshold"] == pytest.approx(scores[1], abs=1e-6)


def test_the_table_says_the_rule(network: Path) -> None:
    result = ran("threshold", "--method", "odin", "--id", "digits", "--checkpoint", network, "--tpr", "0.9")
    words = dict(line.split("  ", 1) for line in result.stdout.splitlines())
    assert words["rule"].strip() == "OOD where odin < threshold, else ID"
    assert words["wanted"].strip() == "90 % of ID images called ID"
    assert words["attained"].strip() == "90.00 % of the first 100 of 500 test images of digits"
    assert words["method"].strip() == "odin (temperature 1000.0, epsilon 0.0014, unit raw)"
    assert float(words["threshold"]) < 0
    assert "--out detector.json" in result.stderr


def test_misclassified_images_choose_the_threshold(network: Path, tmp_path: Path) -> None:
    options = ["--from", "misclassified", "--method", "msp", "--id", "digits", "--checkpoint", str(network)]
    result = ran("threshold", *options, "--out", tmp_path / "d.json")
    words = dict(line.split("  ", 1) for line in result.stdout.splitlines())
    found = json.loads((tmp_path / "d.json").read_text())
    assert found["tpr"] is None
    told = found["validation"]
    assert told["right"] + told["wrong"] == told["images"] == 100
    assert words["wanted"].strip() == (
        f"smallest detection error between {told['right']} right and {told['wrong']} wrong predictions: "
        f"{100 * told['detection_error']:.2f} %"
    )
    assert np.abs(log_probabilities(network)[:100] - found["threshold"]).min() < 1e-6
    ran("detect", tmp_path / "d.json", "digits")


def test_without_a_checkpoint_the_network_is_trained_and_found_again(tmp_path: Path) -> None:
    options = ["threshold", "--method", "confidence", "--id", "digits-0to6", "--set", "recipe.epochs=1"]
    first = ran(*options, "--out", tmp_path / "d.json")
    assert "Training convnet on digits-0to6 (learned-confidence): done" in first.stderr
    assert f"bench detect {tmp_path / 'd.json'} PATH" in first.stderr
    again = ran(*options, "--seed", "0")
    assert "Training" not in again.stderr
    assert again.stdout == first.stdout
    shown = ran("detect", tmp_path / "d.json", "digits-0to6", "--format", "json")
    rows = json.loads(shown.stdout)
    threshold_found = json.loads((tmp_path / "d.json").read_text())["threshold"]
    assert sum(row["score"] >= threshold_found for row in rows[:70]) >= 0.95 * 70
    assert [row["decision"] for row in rows] == ["ID" if row["score"] >= threshold_found else "OOD" for row in rows]


def test_a_checkpoint_of_another_set_is_warned_of(network: Path) -> None:
    np.savez(network.parent / "other.npz", images=digits().pixels)
    result = ran("threshold", "--method", "msp", "--id", f"x=npz:{network.parent}/other.npz", "--checkpoint", network)
    assert "Warning: the checkpoint says that it was trained on 'digits', not on 'x'" in result.stderr


def test_a_foreign_checkpoint_needs_its_normalisation(network: Path) -> None:
    torch.save(Checkpoint.load(network).state, network.parent / "net.pt")
    options = ["threshold", "--method", "msp", "--id", "digits", "--checkpoint", str(network.parent / "net.pt")]
    assert "Add --normalize" in refused(*options)
    ran(*options, "--normalize", "0.3/0.3", "--out", network.parent / "d.json")
    ran("detect", network.parent / "d.json", "digits")


def test_every_kind_of_path_is_detected(detector: Path, tmp_path: Path) -> None:
    stream = np.random.default_rng(0)
    (tmp_path / "more" / "deep").mkdir(parents=True)
    for name in ("one.png", "two.PNG", "more/deep/three.bmp"):
        Image.fromarray(stream.integers(0, 256, (30, 20, 3), dtype=np.uint8)).save(tmp_path / name)
    np.savez(tmp_path / "some.npz", images=digits().pixels[:2])
    paths = [tmp_path / name for name in ("one.png", "two.PNG", "more", "some.npz")]
    result = ran("detect", detector, *paths, "digits-7to9", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    names = [row["image"] for row in rows]
    expected = [tmp_path / "one.png", tmp_path / "two.PNG", tmp_path / "more" / "deep" / "three.bmp"]
    assert names[:5] == [*map(str, expected), f"{tmp_path / 'some.npz'}:0", f"{tmp_path / 'some.npz'}:1"]
    assert len(rows) == 5 + 148
    assert names[5].startswith("digits-7to9:")
    out = sum(row["decision"] == "OOD" for row in rows)
    assert f"153 images: {153 - out} ID, {out} OOD (OOD where msp < -" in result.stderr


def test_scores_are_those_of_plain_torch(detector: Path) -> None:
    rows = json.loads(ran("detect", detector, "digits", "--format", "json").stdout)
    scores = log_probabilities(detector.parent / "net.safetensors")
    assert [row["score"] for row in rows] == pytest.approx(scores.tolist(), abs=1e-5)
    assert [row["image"] for row in rows] == [f"digits:{index}" for index in range(500)]
    table = ran("detect", detector, "digits").stdout.splitlines()
    assert [line.split()[2] for line in table] == [row["decision"] for row in rows]


def test_the_order_of_the_images_does_not_matter(detector: Path, tmp_path: Path) -> None:
    for index in range(3):
        Image.fromarray(digits().pixels[index]).save(tmp_path / f"{index}.png")
    np.savez(tmp_path / "other.npz", images=digits().pixels[:1])
    names = ["2.png", "other.npz", "0.png", "1.png"]
    rows = json.loads(ran("detect", detector, *(tmp_path / name for name in names), "--format", "json").stdout)
    assert [Path(row["image"]).name for row in rows] == ["2.png", "other.npz:0", "0.png", "1.png"]
    assert rows[1]["score"] == pytest.approx(rows[2]["score"], abs=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--method", "mps", "--id", "digits"), "Did you mean 'msp'"),
        (("--method", "msp", "--id", "digit"), "Did you mean 'digits"),
        (("--method", "msp", "--id", "digits", "--normalize", "cifar10"), "without one, leave it out"),
        (("--method", "msp", "--id", "digits", "--set", "odin.epsilon=1"), "odin.epsilon"),
        (("--method", "msp", "--id", "digits", "--checkpoint", "NET", "--tpr", "95"), "Did you mean 0.95"),
        (
            ("--method", "msp", "--id", "digits", "--checkpoint", "NET", "--from", "misclassified", "--tpr", "0.9"),
            "Leave one of them out",
        ),
        (
            ("--method", "msp", "--id", "many=npz:MANY", "--checkpoint", "NET", "--from", "misclassified"),
            "have no labels",
        ),
        (("--method", "msp", "--id", "digits", "--checkpoint", "NET", "--seed", "0"), "--recipe and --seed describe a"),
        (("--method", "msp", "--id", "digits", "--checkpoint", "NET", "--recipe", "smoke"), "--recipe and --seed"),
        (("--method", "confidence", "--id", "digits", "--checkpoint", "NET"), "objective learned-confidence"),
        (("--method", "msp", "--id", "tiny=npz:TINY", "--checkpoint", "NET"), "Too few images (4)"),
        (("--method", "msp", "--id", "uniform"), "split of uniform"),
    ],
)
def test_bad_thresholds_are_refused(network: Path, arguments: tuple[str, ...], message: str) -> None:
    np.savez(network.parent / "tiny.npz", images=digits().pixels[:4])
    np.savez(network.parent / "many.npz", images=digits().pixels[:50])
    paths = {"NET": network, "TINY": network.parent / "tiny.npz", "MANY": network.parent / "many.npz"}
    given = list(arguments)
    for word, path in paths.items():
        given = [one.replace(word, str(path)) for one in given]
    assert message in refused("threshold", *given)


def test_bad_detections_are_refused(detector: Path, tmp_path: Path) -> None:
    assert "Did you mean 'digits" in refused("detect", detector, "digit")
    assert "Unknown image file, folder or data set 'no.png'" in refused("detect", detector, "no.png")
    assert "bench data fetch svhn" in refused("detect", detector, "svhn")
    (tmp_path / "empty").mkdir()
    assert "There is no image below" in refused("detect", detector, tmp_path / "empty")
    (tmp_path / "text.png").write_text("not an image")
    assert "1 broken image among 1: " in refused("detect", detector, tmp_path / "text.png")
    assert "is not a whole detector file" in refused("detect", tmp_path / "text.png", "digits")
    (detector.parent / "net.safetensors").unlink()
    assert "which is not there" in refused("detect", detector, "digits")
