"""`bench.evaluate`: a torch module at hand, measured against plain torch and scikit-learn, and left as it was."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, ResNet

import bench
from bench.data.dataset import DATASETS, Place
from bench.data.images import ArrayImages, Images, SubsetImages
from bench.data.transform import InputTransform
from bench.errors import BenchError, UnknownNameError
from bench.extraction.outputs import Outputs
from bench.method_contract import METHODS, Method, Scores, method
from bench.networks.checkpoint import Checkpoint
from bench.networks.classifier import build_network
from bench.store import Store

MEAN, STD = 0.31, 0.37
NORMALIZE = f"{MEAN}/{STD}"


class Digits(nn.Sequential):
    """A small network for 8x8 digits; `sign` changes what it computes, but no weight."""

    def __init__(self, seed: int = 0, sign: float = 1.0) -> None:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            super().__init__(
                nn.Conv2d(1, 6, 3),
                nn.BatchNorm2d(6),
                nn.ReLU(),
                nn.Flatten(),
                nn.Dropout(0.5),
                nn.Linear(216, 10),
            )
        self.sign, self.batches = sign, [0]

    def forward(self, input: Tensor) -> Tensor:
        self.batches.append(len(input))
        logits: Tensor = super().forward(input)  # type: ignore[no-untyped-call]  # torch's
        return logits * self.sign


def digits() -> ArrayImages:
    found = DATASETS.get("digits")().load("test", Place(Path()))
    assert isinstance(found, ArrayImages)
    return found


def turned() -> ArrayImages:
    return ArrayImages(np.ascontiguousarray(np.rot90(digits().pixels[:120], axes=(1, 2))))


def darkened() -> ArrayImages:
    return ArrayImages(digits().pixels[100:180] // 3)


def logits_of(model: nn.Module, images: ArrayImages) -> NDArray[np.float64]:
    pixels = torch.from_numpy(images.pixels.astype(np.float64))[:, None] / 255
    with torch.no_grad():
        found: Tensor = copy.deepcopy(model).double().eval()((pixels - MEAN) / STD)
    return found.numpy()


def largest_probability(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    weights = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray((weights / weights.sum(1, keepdims=True)).max(1))


def call(model: nn.Module, **changes: Any) -> Any:
    arguments: dict[str, Any] = {"id": "digits", "ood": [turned()], "methods": ["msp"], "normalize": NORMALIZE}
    return bench.evaluate(model, **{**arguments, **changes})


def test_rows_are_those_of_plain_torch_and_scikit_learn() -> None:
    model = Digits().train()
    frame = call(model, ood={"turned": turned(), "dark": darkened()})
    assert list(zip(frame["method"], frame["id"], frame["ood"], frame["network"], strict=True)) == [
        ("msp", "digits", "turned", "Digits"),
        ("msp", "digits", "dark", "Digits"),
    ]
    inside = logits_of(model, digits())
    accuracy = (inside.argmax(1) == digits().labels).mean()
    for row, outside in zip(frame.itertuples(), (turned(), darkened()), strict=True):
        scores = np.concatenate([largest_probability(one) for one in (inside, logits_of(model, outside))])
        is_id = np.arange(len(scores)) < len(inside)
        assert row.auroc == pytest.approx(roc_auc_score(is_id, scores), abs=1e-4)
        assert row.id_accuracy == pytest.approx(accuracy, abs=1e-12)
        assert (row.n_id, row.n_ood, row.protocol) == (500, len(outside), "published")
        assert row.seed is None


def test_a_suite_names_the_sets_and_a_file_the_method(tmp_path: Path) -> None:
    file = tmp_path / "margins.py"
    file.write_text(
        'import numpy as np\nimport bench\n\n\n@bench.method("margins")\ndef margins(outputs):\n'
        '    """The largest logit minus the second."""\n    return -np.diff(np.sort(outputs.logits)[:, -2:])[:, 0]\n'
    )
    suite = tmp_path / "mine.toml"
    suite.write_text(
        'title = "Mine"\nid = "digits"\n[groups]\nnear = ["glyphs"]\nnoise = ["uniform"]\n[set.uniform]\ncount = 40\n'
    )
    model = Digits()
    asked: dict[str, Any] = {"suite": suite, "group": "noise", "normalize": NORMALIZE}
    frame = bench.evaluate(model, methods=["margins", "max-logit"], plugin=file, **asked)
    assert frame[["id", "ood", "n_ood", "group"]].drop_duplicates().values.tolist() == [
        ["digits", "uniform", 40, "noise"]
    ]
    by_name = bench.evaluate(
        model, id="digits", ood="uniform", methods="max-logit", settings={"uniform.count": 40}, normalize=NORMALIZE
    )
    assert frame.set_index("method").loc["max-logit", "auroc"] == by_name["auroc"].item()
    with pytest.raises(BenchError, match="Nothing given for --id"):
        bench.evaluate(model, methods="msp", normalize=NORMALIZE)


def test_a_notebook_shows_a_table() -> None:
    shown = call(Digits())._repr_html_()
    assert "<table" in shown
    assert "auroc" in shown


@pytest.mark.parametrize("training", [True, False])
def test_the_model_is_left_as_it_was(training: bool) -> None:
    model = Digits().train(training)
    model[1].train(not training)
    model(torch.rand(4, 1, 8, 8)).sum().backward()
    model.requires_grad_(False)
    model[5].requires_grad_(True)
    gradients = [cast(Tensor, one.grad).clone() for one in model.parameters()]
    state, modes = copy.deepcopy(model.state_dict()), [one.training for one in model.modules()]
    call(model, methods=["msp", "odin"])
    assert [one.training for one in model.modules()] == modes
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    assert all(torch.equal(cast(Tensor, one.grad), old) for one, old in zip(model.parameters(), gradients, strict=True))
    assert [one.requires_grad for one in model.parameters()] == [False] * 4 + [True] * 2
    assert all(not one._forward_hooks and not one._forward_pre_hooks for one in model.modules())
    assert {one.device.type for one in model.parameters()} == {"cpu"}


def test_the_global_random_state_is_left_as_it_was() -> None:
    model, before = Digits(), torch.get_rng_state()
    call(model)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_torchvision_network_is_given_its_own_channels_and_size() -> None:
    model = ResNet(BasicBlock, [1, 1, 1, 1], num_classes=10)
    mean, std = (0.5, 0.4, 0.3), (0.2, 0.2, 0.2)
    few = ArrayImages(digits().pixels[:60], cast(Any, digits().labels)[:60])
    transform = InputTransform(16, 16, 3, mean, std)
    frame = call(model, id=few, normalize=None, transform=transform, methods=["msp", "odin"])
    assert list(frame["network"]) == ["ResNet", "ResNet"]
    assert frame["auroc"].between(0, 1).all()
    shapes: list[torch.Size] = []
    handle = model.register_forward_pre_hook(lambda _, inputs: shapes.append(inputs[0].shape[1:]))
    call(model, id=few, normalize="imagenet")
    handle.remove()
    assert set(shapes) == {(3, 8, 8)}, "normalize describes values, not the size"


def test_a_network_built_from_a_checkpoint_gives_what_a_run_on_it_gives(tmp_path: Path) -> None:
    built = build_network("convnet", 10, channels=1, confidence_branch=True, seed=4)
    transform = InputTransform(32, 32, 1, (0.3,), (0.3,))
    facts: Any = {"network": "convnet", "num_classes": 10, "channels": 1, "confidence_branch": True}
    facts |= {"transform": transform, "classes": (), "id_dataset": "digits", "objective": "learned-confidence"}
    checkpoint = Checkpoint(**facts, seed=4, training={}, state=built.state_dict())
    checkpoint.save(tmp_path / "c.safetensors")
    methods = ["confidence", "confidence-preprocessed", "msp"]
    at_hand = call(checkpoint.build(), normalize=None, ood="digits-7to9", methods=methods)
    ran = bench.run(methods, id="digits", ood="digits-7to9", checkpoint=tmp_path / "c.safetensors", out=tmp_path)
    same = ["method", "network", "weights", "auroc", "fpr_at_95_tpr", "aupr_in", "id_accuracy", "parameters"]
    assert at_hand[same].to_dict() == ran[same].to_dict()
    with pytest.raises(BenchError, match="Leave normalize out"):
        call(checkpoint.build(), normalize="0.3/0.3")


def test_nothing_is_written_but_to_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    call(Digits())
    assert list(Path().iterdir()) == []
    call(Digits(), out=tmp_path / "kept")
    assert len(list((tmp_path / "kept" / "cells").iterdir())) == 1


def test_what_out_holds_is_not_computed_again(tmp_path: Path) -> None:
    model = Digits()
    first = call(model, out=tmp_path)
    model.batches.clear()
    assert call(model, out=tmp_path).equals(first)
    assert max(model.batches) < 100, "the images were run again"
    with torch.no_grad():
        cast(nn.Linear, model[5]).bias[3] += 1
    again = call(model, out=tmp_path)
    assert again["key"][0] != first["key"][0]
    assert max(model.batches) > 100


def test_equal_weights_in_other_code_are_another_model(tmp_path: Path) -> None:
    plain = call(Digits(), out=tmp_path)
    sharp = call(Digits(sign=-1.0), out=tmp_path)
    assert plain["weights"][0] != sharp["weights"][0]
    assert plain["auroc"][0] != sharp["auroc"][0]


def test_sets_in_a_mapping_are_called_by_its_keys() -> None:
    frame = call(Digits(), ood={"noise": "gaussian"}, settings={"noise.count": 30})
    assert list(frame["ood"]) == ["noise"]
    assert list(frame["n_ood"]) == [30]


def test_sets_without_a_name_get_one() -> None:
    frame = call(Digits(), id=digits(), ood=[turned(), "digits-7to9", darkened()])
    assert set(frame["id"]) == {"id images"}
    assert list(frame["ood"]) == ["ood images 1", "digits-7to9", "ood images 3"]
    assert call(Digits(), ood=turned())["ood"].tolist() == ["ood images"]


def test_images_at_hand_can_be_tuned_on() -> None:
    frame = call(Digits(), methods=["odin"], protocol="heldout-ood", tune_on=darkened())
    assert frame["protocol"].tolist() == ["heldout-ood"]
    assert frame["tuned_on"].tolist() == ["100 held-out ID images and 80 images of tuning images"]
    assert frame["n_id"].tolist() == [400]


def test_methods_are_names_or_objects() -> None:
    sharp = METHODS.get("odin").make({"temperature": 1.0, "epsilon": 0.0})
    frame = call(Digits(), methods=["msp", sharp, "odin"], settings={"odin.epsilon": 0.002})
    assert frame["method"].tolist() == ["msp", "odin", "odin"]
    assert frame["auroc"][1] == pytest.approx(frame["auroc"][0], abs=1e-12), "this ODIN is MSP"
    assert '"epsilon": 0.002' in frame["parameters"][2]
    with pytest.raises(UnknownNameError, match=r"odin\.epsilon"):
        call(Digits(), methods=[sharp], settings={"odin.epsilon": 0.002})


@method("feature-norm")
class FeatureNorm(Method):
    """A method of the user's own."""

    needs = frozenset({"features"})

    def score(self, outputs: Outputs) -> Scores:
        lengths: Scores = np.linalg.norm(outputs.features.astype(np.float64), axis=1)
        return lengths


@method("broken")
class Broken(Method):
    def score(self, outputs: Outputs) -> Scores:
        raise ZeroDivisionError("the author's own mistake")


def test_a_method_of_the_users_own_sees_the_features() -> None:
    model = Digits()
    frame = call(model, methods=FeatureNorm())
    trunk = nn.Sequential(*list(model)[:-1])
    inside, outside = (np.linalg.norm(logits_of(trunk, one), axis=1) for one in (digits(), turned()))
    expected = roc_auc_score(np.arange(620) < 500, np.concatenate([inside, outside]))
    assert frame["auroc"][0] == pytest.approx(expected, abs=1e-4)


def test_an_error_of_a_method_is_the_cause_of_what_is_raised(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="1 cell failed; broken on digits / ood images") as caught:
        call(Digits(), methods=[Broken(), "msp"], out=tmp_path)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert len(list((tmp_path / "cells").iterdir())) == 1, "the other method's row is kept"


class Softmaxed(Digits):
    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input).softmax(1)


class Diverging(Digits):
    """Gives `value` in place of the logits of what `where` says of the brightness."""

    def __init__(self, value: float, where: Callable[[Tensor], Tensor] = lambda brightness: brightness > -9) -> None:
        super().__init__()
        self.value, self.where = value, where

    def forward(self, input: Tensor) -> Tensor:
        logits = super().forward(input)
        return torch.where(self.where(input.mean((1, 2, 3)))[:, None], self.value, logits)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("methods", [["msp"], ["knn"]])
def test_a_model_whose_logits_are_not_finite_is_told_so(value: float, methods: list[str]) -> None:
    with pytest.raises(BenchError, match=r"The model Diverging gives logits that are not finite: .* image 0 of normal"):
        call(Diverging(value), methods=methods)


def test_the_first_image_whose_logits_are_not_finite_is_named() -> None:
    images = ArrayImages(np.concatenate([np.zeros((7, 8, 8), np.uint8), np.full((2, 8, 8), 255, np.uint8)]))
    model = Diverging(math.nan, lambda brightness: brightness > 1)
    with pytest.raises(BenchError, match=r"Diverging gives logits .*: nan for image 7 of white .*first of 2 among 9"):
        call(model, ood={"white": images}, methods=["msp", "energy"])


def test_classes_may_be_ruled_out() -> None:
    assert call(RuledOut(), methods=["msp", "energy"])["auroc"].between(0, 1).all()


class RuledOut(Digits):
    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input).index_fill(1, torch.tensor([3]), -math.inf)


def test_a_function_is_no_model() -> None:
    with pytest.raises(BenchError, match=r"The model is of type function, and a torch\.nn\.Module is needed"):
        call(cast(nn.Module, lambda images: images.flatten(1)[:, :10]))


def test_a_model_with_one_output_is_refused() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 1))
    images = ArrayImages(digits().pixels[:50], np.zeros(50, np.int64))
    with pytest.raises(BenchError, match=r"Sequential tells 1 class apart, .* must return two logits"):
        call(model, id=images)


def test_id_images_of_one_class_are_evaluated_with_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    threes = np.asarray(digits().labels) == 3
    images = ArrayImages(digits().pixels[threes], cast(Any, digits().labels)[threes], classes=tuple("abcdefghij"))
    warning = f"all {threes.sum()} ID test images are of the class 'd'"
    assert call(Digits(), id=images)["warnings"][0].startswith(warning)
    assert f"Warning: {warning}" in capsys.readouterr().err
    unnamed = ArrayImages(images.pixels, images.labels)
    assert "of the class 3:" in call(Digits(), id=unnamed)["warnings"][0]
    assert call(Digits())["warnings"][0] == ""


def several_sizes() -> Images:
    class Growing(ArrayImages):
        def read(self, indices: NDArray[np.intp]) -> list[NDArray[Any]]:
            return [np.zeros((4 + int(index), 8), np.uint8) for index in indices]

    return Growing(np.zeros((5, 8, 8), np.uint8))


@pytest.mark.parametrize("order", [slice(None, None, -1), slice(10, 30)])
def test_images_that_are_tested_on_are_not_tuned_on(order: slice) -> None:
    copied = ArrayImages(turned().pixels[order].copy())
    with pytest.raises(BenchError, match=r"'turned' cannot be tested .* OOD test images would be tuned on as well"):
        call(Digits(), methods=["odin"], ood={"turned": turned()}, protocol="heldout-ood", tune_on=copied)


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_a_model_of_another_precision_is_told_what_to_do(kind: torch.dtype) -> None:
    words = rf"its parameters are {str(kind).removeprefix('torch.')}\. Give model\.float\(\)"
    with pytest.raises(BenchError, match=words):
        call(Digits().to(kind))


@pytest.mark.parametrize(("name", "count"), [("knn", 60), ("knn", 30), ("nnguide", 60), ("gmm", 5)])
def test_tuning_leaves_out_what_few_training_images_do_not_allow(name: str, count: int, tmp_path: Path) -> None:
    found = DATASETS.get("digits")().load("train", Place(Path()))
    train = SubsetImages(found, np.arange(count))
    tuned = {"protocol": "heldout-ood", "tune_on": darkened()}
    frame = call(Digits(), methods=[name], train=train, out=tmp_path, **tuned)
    assert frame["tuned_on"].tolist() == ["100 held-out ID images and 80 images of tuning images"]
    [record] = Store(tmp_path).records()
    trials = record["tuning"]
    assert any("quality" in one for one in trials)
    assert any("left_out" in one for one in trials)
    assert json.loads(frame["parameters"][0]) in [one["parameters"] for one in trials if "quality" in one]


def test_training_images_that_are_tested_on_are_warned_of(capsys: pytest.CaptureFixture[str]) -> None:
    found = digits()
    assert found.labels is not None
    train = ArrayImages(found.pixels[::-1].copy(), found.labels[::-1])
    frame = call(Digits(), methods=["msp", "mahalanobis"], train=train)
    warning = "500 of the 500 ID test images are among the training images that it is fitted on"
    assert [warning in warnings for warnings in frame["warnings"]] == [False, True]
    assert f"Warning: {warning}" in capsys.readouterr().err
    other = ArrayImages(found.pixels ^ 1, found.labels)
    assert not any("fitted on" in str(one) for one in call(Digits(), methods=["knn"], train=other)["warnings"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"normalize": None}, "a wrong guess changes every number silently. Give normalize='cifar10' or"),
        ({"transform": InputTransform(8, 8, 1, (0.5,), (0.5,))}, "Leave normalize out"),
        ({"normalize": "cifar"}, "Cannot read the normalisation 'cifar'"),
        ({"normalize": "cifar10"}, r"cannot take the float32 batches \(N, 3, 8, 8\).*expected input"),
        (
            {"methods": ["msp", "confidence"]},
            "confidence needs a network with the confidence .*Digits has none",
        ),
        ({"methods": []}, "Nothing given for --method"),
        ({"methods": ["mps"]}, "Did you mean 'msp'"),
        ({"id": several_sizes()}, "'id images' have several sizes"),
        ({"id": "digits-0to6"}, "Digits tells 10 classes apart, but 'digits-0to6' has 7"),
        ({"id": ArrayImages(np.zeros((2, 8, 8), np.uint8), np.array([0, 12]))}, "10 classes apart, but .* has 13"),
        ({"id": ArrayImages(np.zeros((0, 8, 8), np.uint8))}, "'id images' holds no images"),
        ({"ood": ArrayImages(np.zeros((0, 8, 8), np.uint8))}, "'ood images' holds no images"),
        ({"ood": []}, "Nothing given for --ood"),
        ({"ood": "digits"}, "'digits' is both the ID set and an OOD set"),
        ({"ood": "glyph"}, "Did you mean 'glyphs"),
        ({"protocol": "heldout-ood"}, "needs --tune-on"),
        ({"device": "quantum"}, "Unknown device 'quantum'"),
        ({"settings": {"msp.temperature": 2}}, "temperature"),
        ({"settings": {"recipe.epochs": 2}}, r"recipe\.epochs"),
    ],
)
def test_bad_input_is_refused_before_any_image_is_run(changes: dict[str, Any], message: str) -> None:
    model = Digits()
    with pytest.raises(BenchError, match=message):
        call(model, **changes)
    assert max(model.batches) <= 4


def test_a_method_that_needs_features_is_refused_where_there_are_none() -> None:
    with pytest.raises(BenchError, match=r"needs features .* Softmaxed does not end in a linear"):
        call(Softmaxed(), methods=[FeatureNorm()])
    assert len(call(Softmaxed(), methods=["msp"])) == 1


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_on_another_device_a_copy_is_run() -> None:
    model = Digits()
    there, here = call(model, device="cuda", methods=["msp", "odin"]), call(model, methods=["msp", "odin"])
    assert there["auroc"].to_list() == pytest.approx(here["auroc"].to_list(), abs=1e-3)
    assert {one.device.type for one in model.parameters()} == {"cpu"}
    assert call(model.cuda())["auroc"][0] == pytest.approx(here["auroc"][0], abs=1e-3)
    assert {one.device.type for one in model.parameters()} == {"cuda"}
