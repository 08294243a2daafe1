"""Networks that are named on the command line, through the real commands: rows, notes, keys, refusals."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import roc_auc_score
from torch import nn
from typer.testing import CliRunner, Result

import bench
from bench.cli.main import app
from bench.data.dataset import DATASETS, Place
from bench.errors import BenchError
from tests.zoo.test_opening import export_onnx

RUNNER = CliRunner()


def call(*options: str, network: str = "nets.py:plain", normalize: str | None = "0.5/0.25") -> Result:
    settings = ["--set", "gaussian.count=60", "--ood", "gaussian"] if options[0] == "run" else []
    given = [] if normalize is None else ["--normalize", normalize]
    return RUNNER.invoke(
        app, [*options, "--id", "digits", "--network", network, "--checkpoint", "w.pth", *given, *settings]
    )


def run(*methods: str, network: str = "nets.py:plain", **options: Any) -> pd.DataFrame:
    """`bench.run` in the place of the command, without the files that it writes for people."""
    settings = {"gaussian.count": 60}
    given: dict[str, Any] = {"checkpoint": Path("w.pth"), "normalize": "0.5/0.25", **options}
    return bench.run(methods, id="digits", ood="gaussian", network=network, settings=settings, **given)


def rows(folder: str = "runs/latest") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((Path(folder) / "rows.json").read_text())
    return found


def message(result: Result) -> str:
    assert isinstance(result.exception, BenchError)
    return str(result.exception)


def by_hand() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Features and logits of the digits by plain numpy-like torch from the file of weights."""
    state = {
        k.removeprefix("module."): v.double() for k, v in torch.load("w.pth", weights_only=True)["state_dict"].items()
    }
    pixels = torch.from_numpy(np.asarray(DATASETS.get("digits")().load("test", Place(Path())).pixels)).double()[:, None]
    maps = nn.functional.conv2d((pixels / 255 - 0.5) / 0.25, state["conv.weight"], state["conv.bias"]).relu()
    features = maps.mean((2, 3))
    return features.numpy(), (features @ state["fc.weight"].T + state["fc.bias"]).numpy()


def test_a_run_on_a_users_own_network(here: Path) -> None:
    result = call("run", "--method", "max-logit", "--method", "group:layers", "--method", "knn")
    assert result.exit_code == 0, result.output
    found = {row["method"]: row for row in rows()}
    assert set(found) == {"max-logit", "knn"}
    labels = DATASETS.get("digits")().load("test", Place(Path())).labels
    _, logits = by_hand()
    assert found["knn"]["id_accuracy"] == pytest.approx(float((logits.argmax(1) == labels).mean()), abs=1e-12)
    for row in found.values():
        assert row["network"] == "nets.py:plain"
        note = row["network_note"]
        assert note.startswith("The 6 features are what enters the layer fc, whose output the logits are. Left out: ")
        assert "gram, mahalanobis-ensemble, nac, rankfeat: needs the maps between the network's stages" in note
    assert "Network: The 6 features are what enters the layer fc" in result.stderr
    assert "Left out: gram needs the maps between the network's stages" in result.stderr
    table = Path("runs/latest/comparison.md").read_text()
    assert "nets.py:plain: The 6 features are what enters the layer fc" in table
    assert "Left out: gram, mahalanobis-ensemble, nac, rankfeat" in table
    with np.load(Path("runs/latest/scores") / f"{found['max-logit']['key']}.npz") as scores:
        np.testing.assert_allclose(scores["id_scores"], logits.max(1), rtol=1e-4)
        assert found["max-logit"]["auroc"] == pytest.approx(
            roc_auc_score(
                np.arange(560) < 500, np.concatenate([scores["id_scores"], scores["ood_scores"]])
            ), abs=1e-9
        )  # fmt: skip


def extracted(capsys: pytest.CaptureFixture[str]) -> bool:
    return "Extracting digits" in capsys.readouterr().err


def test_what_was_run_is_found_again_and_other_code_is_not(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = run("msp")
    assert extracted(capsys)
    assert run("msp").equals(first)
    assert not extracted(capsys)
    assert run("msp", network="nets.py:scaled")["weights"][0] != first["weights"][0]
    assert extracted(capsys)
    source = here / "nets.py"
    source.write_text(source.read_text().replace("return Net(1.0)", "return Net(-1.0)"))
    assert run("msp")["weights"][0] != first["weights"][0]
    assert extracted(capsys)


def test_a_method_that_is_run_later_is_no_longer_left_out(here: Path) -> None:
    run("msp", "*ensemble*")
    kept = next((here / "runs/latest/networks").glob("*.json"))
    noted = json.loads(kept.read_text())
    assert set(noted["left_out"]) == {"deep-ensemble", "mahalanobis-ensemble"}
    kept.write_text(json.dumps({**noted, "left_out": {**noted["left_out"], "knn": "knn needs luck."}}))
    assert "Left out: knn: needs luck." in run("msp")["network_note"][0]
    note = run("knn")["network_note"][0]
    assert "luck" not in note
    assert "Left out: deep-ensemble: needs several networks" in note


def test_right_and_wrong_predictions_of_a_users_own_network(here: Path) -> None:
    result = call("misclassification", "--method", "msp", "--method", "group:layers")
    assert result.exit_code == 0, result.output
    [row] = rows("runs/latest/misclassification")
    assert row["network"] == "nets.py:plain"
    assert "Left out: gram" in row["network_note"]
    assert "Left out: gram" in Path("runs/latest/misclassification/misclassification.md").read_text()


def test_a_transform_file_says_what_the_network_takes(here: Path) -> None:
    Path("t.toml").write_text(
        'height = 12\nwidth = 12\nmean = [0.5]\nstd = [0.25]\nresize = 14\ninterpolation = "bicubic"\n'
    )
    result = call("run", "--method", "msp", "--transform", "t.toml", normalize=None)
    assert result.exit_code == 0, result.output
    assert rows()[0]["transform"] == "0.5/0.25 12x12 resized to 14 bicubic"


def test_a_run_file_may_name_all_of_it(here: Path) -> None:
    Path("t.toml").write_text("height = 8\nwidth = 8\nmean = [0.5]\nstd = [0.25]\n")
    Path("run.toml").write_text(
        'method = "knn"\nid = "digits"\nood = "gaussian"\nnetwork = "nets.py:plain"\ncheckpoint = "w.pth"\n'
        'transform = "t.toml"\nlast-layer = "fc"\n[set.gaussian]\ncount = 60\n'
    )
    result = RUNNER.invoke(app, ["run", "run.toml"])
    assert result.exit_code == 0, result.output
    assert rows()[0]["network_note"] == "", "nothing was assumed"


def test_an_onnx_program_has_no_gradients(here: Path) -> None:
    class Grey(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.fc = nn.Conv2d(3, 4, 3), nn.Linear(4, 10)

    export_onnx(Grey(), here / "net.onnx", None, classes=10)
    methods = ("msp", "energy", "group:inputs", "group:features", "group:confidence", "random")
    frame = run(*methods, network="onnx:net.onnx", checkpoint=None, normalize="imagenet").set_index("method")
    assert set(frame.index) == {"msp", "energy", "random"}
    note = frame["network_note"]["msp"]
    assert "iodin, odin: needs the gradient of a loss with respect to each image" in note
    assert "Its first output are the logits" in note
    assert frame["network_note"]["random"] == ""


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--normalize", "0.5/0.25", "--last-layer", "other"], "The layer 'other' does not make the logits"),
        (["--normalize", "0.5/0.25", "--last-layer", "fcc"], "Unknown layer of the network: 'fcc'. Did you mean 'fc'?"),
        (["--normalize", "0.5/0.25", "--transform", "t.toml"], "Leave --normalize out"),
        (["--normalize", "0.5/0.25", "--recipe", "quick"], "the network nets.py:plain is trained"),
        (["--normalize", "0.5/0.25", "--seeds", "2"], "the network nets.py:plain is trained"),
        (["--normalize", "cifar10"], "cannot take the float32 batches (N, 3, 8, 8)"),
        ([], "a wrong guess changes every number silently. Give --normalize"),
        (["--transform", "bad.toml"], "Unknown key in bad.toml: 'hieght'. Did you mean 'height'?"),
        (["--transform", "less.toml"], "less.toml does not say width, mean, std"),
    ],
)
def test_what_contradicts_or_is_missing_is_refused(options: list[str], words: str, here: Path) -> None:
    Path("t.toml").write_text("height = 8\nwidth = 8\nmean = [0.5]\nstd = [0.25]\n")
    Path("bad.toml").write_text("hieght = 8\n")
    Path("less.toml").write_text("height = 8\n")
    assert words in message(call("run", "--method", "msp", *options, normalize=None))
    assert not Path("runs").exists()


def test_other_classes_than_those_of_the_id_set_are_refused(here: Path) -> None:
    options = ["run", "--method", "msp", "--id", "digits-0to6", "--ood", "gaussian", "--normalize", "0.5/0.25"]
    result = RUNNER.invoke(app, [*options, "--network", "nets.py:plain", "--checkpoint", "w.pth"])
    assert "nets.py:plain tells 10 classes apart, but 'digits-0to6' has 7" in message(result)


def test_what_only_foreign_networks_take_is_refused_elsewhere() -> None:
    plain = ["run", "--method", "msp", "--id", "digits", "--ood", "gaussian"]
    assert "--last-layer is for networks such as" in message(RUNNER.invoke(app, [*plain, "--last-layer", "fc"]))
    assert "--transform describes a --checkpoint" in message(RUNNER.invoke(app, [*plain, "--transform", "t.toml"]))


def test_the_same_from_python(here: Path) -> None:
    named: dict[str, Any] = {"id": "digits", "ood": "gaussian", "settings": {"gaussian.count": 60}}
    frame = bench.evaluate("nets.py:plain", methods=["msp", "knn"], checkpoint="w.pth", normalize="0.5/0.25", **named)
    columns = ["method", "network", "weights", "auroc", "network_note", "id_accuracy"]
    assert frame[columns].equals(run("msp", "knn")[columns])
    with pytest.raises(BenchError, match="names no network of another library"):
        bench.evaluate("resnet20", id="digits", ood="gaussian", methods="msp")
    with pytest.raises(BenchError, match="checkpoint holds weights for a network that is named"):
        bench.evaluate(nn.Linear(1, 1), id="digits", ood="gaussian", methods="msp", checkpoint="w.pth")


def test_a_network_of_timm_takes_its_own_input(timm_digits: Path) -> None:
    options: dict[str, Any] = {"network": f"timm:local-dir:{timm_digits}", "checkpoint": None}
    row = run("msp", **options, normalize=None).iloc[0]
    assert row["network"] == "timm:local-dir:tiny"
    words = "0.5,0.4,0.3/0.5,0.5,0.5 32x32 resized to 40 bicubic"
    assert row["transform"] == words
    assert row["network_note"].startswith(f"The input transform is the one that timm names: {words}. The ")
    with pytest.raises(BenchError, match="Leave --normalize out"):
        run("msp", **options, normalize="imagenet")


@pytest.fixture
def timm_digits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    timm: Any = pytest.importorskip("timm")
    from timm.models import save_for_hf

    monkeypatch.chdir(tmp_path)
    own = {"input_size": (3, 32, 32), "crop_pct": 0.8, "mean": (0.5, 0.4, 0.3), "interpolation": "bicubic"}
    model = timm.create_model("test_resnet", num_classes=10, pretrained_cfg_overlay=own)
    save_for_hf(model, str(tmp_path / "tiny"), safe_serialization=True)
    return tmp_path / "tiny"


PUBLIC_RESNET = """
import torch.nn.functional as F
from torch import nn

class Block(nn.Module):
    def __init__(self, before, after, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after)
        self.conv2, self.bn2 = nn.Conv2d(after, after, 3, 1, 1, bias=False), nn.BatchNorm2d(after)
        self.stride, self.new = stride, (after - before) // 2

    def forward(self, x):
        found = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.stride > 1:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.new, self.new))
        return F.relu(found + x)

class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
        self.layer1 = nn.Sequential(*(Block(16, 16, 1) for _ in range(3)))
        self.layer2 = nn.Sequential(Block(16, 32, 2), Block(32, 32, 1), Block(32, 32, 1))
        self.layer3 = nn.Sequential(Block(32, 64, 2), Block(64, 64, 1), Block(64, 64, 1))
        self.linear = nn.Linear(64, 10)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(F.relu(self.bn1(self.conv1(x))))))
        return self.linear(F.adaptive_avg_pool2d(x, 1).flatten(1))

def resnet20():
    return ResNet()
"""


@pytest.mark.skipif(
    not {"BENCH_DATA", "BENCH_TEST_CHECKPOINT"} <= set(os.environ),
    reason="needs CIFAR-10 in BENCH_DATA and the public ResNet-20 in BENCH_TEST_CHECKPOINT",
)
def test_the_public_resnet20_in_a_users_own_module_is_the_registered_one(here: Path) -> None:
    """The same file of weights, once in a user's code and once in ours: the same figures, and the known accuracy."""
    (here / "public.py").write_text(PUBLIC_RESNET)
    checkpoint = Path(os.environ["BENCH_TEST_CHECKPOINT"])
    named: dict[str, Any] = {"id": "cifar10", "ood": "gaussian", "normalize": "imagenet", "checkpoint": checkpoint}
    named["settings"] = {"gaussian.count": 200}
    own = bench.run(["msp", "max-logit"], network="public.py:resnet20", out=here / "own", **named)
    registered = bench.run(["msp", "max-logit"], out=here / "registered", **named)
    assert own["id_accuracy"].tolist() == [0.9173, 0.9173]
    assert own["auroc"].tolist() == pytest.approx(registered["auroc"].tolist(), abs=1e-5)
    assert own["fpr_at_95_tpr"].tolist() == pytest.approx(registered["fpr_at_95_tpr"].tolist(), abs=0.01)
