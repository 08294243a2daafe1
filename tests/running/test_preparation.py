"""Everything a user can mend is said before any work starts."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.cache import cache_root
from bench.errors import BenchError, MissingDataError, UnknownNameError
from bench.method_contract import METHODS
from bench.networks.checkpoint import Checkpoint
from bench.networks.classifier import build_network
from bench.running.execute import execute
from bench.running.preparation import Preparation
from bench.running.specification import RunSpecification


def prepare(**changes: Any) -> Preparation:
    return Preparation(
        RunSpecification(**{"method": ("msp",), "id": "digits", "ood": ("uniform",), "device": "cpu", **changes})
    )


def test_methods_share_the_networks_they_can_share() -> None:
    preparation = prepare(method=("confidence", "msp", "confidence-preprocessed", "odin", "msp"), seeds=(3, 5, 3))
    found = [
        (need.plan.objective, need.plan.seed, [m.name for m in need.methods]) for need in preparation.needs if need.plan
    ]
    assert found == [
        (objective, seed, names)
        for seed in (3, 5)
        for objective, names in (
            ("learned-confidence", ["confidence", "confidence-preprocessed"]),
            ("cross-entropy", ["msp", "odin"]),
        )
    ]


def test_all_methods_may_be_asked_for() -> None:
    found = prepare(method=("all",))
    assert [method.name for method in found.methods] == METHODS.names()
    assert {reason.partition(" ")[0] for reason in found.skipped} == {"deep-ensemble"}
    run = [method.name for need in found.needs for method in need.methods]
    assert sorted(run) == sorted(set(METHODS.names()) - {"deep-ensemble"})


def test_several_methods_are_asked_for_by_group_or_pattern() -> None:
    logits = [method.name for method in prepare(method=("group:logits",)).methods]
    assert logits == [name for name in METHODS.names() if METHODS.get(name).group == "logits"]
    assert "msp" in logits
    assert "odin" not in logits
    assert [method.name for method in prepare(method=("odin", "*odi[n]", "ms?")).methods][:1] == ["odin"]
    with pytest.raises(UnknownNameError, match="Did you mean 'logits'"):
        prepare(method=("group:logit",))
    with pytest.raises(BenchError, match=r"No method's name fits '\*mahalonobis\*'\. Did you mean 'mahalanobis'"):
        prepare(method=("*mahalonobis*",))
    with pytest.raises(UnknownNameError, match=r"Unknown method 'GROUP:logits'\. Did you mean 'group:logits'"):
        prepare(method=("GROUP:logits",))


def test_what_cannot_be_run_is_refused_when_named_and_left_out_otherwise() -> None:
    with pytest.raises(BenchError, match="deep-ensemble needs networks of several seeds"):
        prepare(method=("deep-ensemble", "msp"))
    found = prepare(method=("deep*", "msp"))
    assert [method.name for need in found.needs for method in need.methods] == ["msp"]
    assert any(line.startswith("Left out: deep-ensemble") for line in found.plan_lines())
    with pytest.raises(BenchError, match=r"None of the methods can be run\. deep-ensemble needs"):
        prepare(method=("deep*",))
    ensemble = prepare(method=("deep-ensemble",), seeds=(0, 1)).needs[0]
    assert [need.plan.seed for need in ensemble.members if need.plan] == [0, 1]


def test_settings_reach_whom_they_are_for() -> None:
    preparation = prepare(
        method=("odin", "confidence"),
        settings={
            "odin.epsilon": 0.003, "recipe.epochs": 2, "recipe.augmentation.cutout": 4, "learned-confidence.budget": 1,
            "uniform.count": 17,
        },
    )  # fmt: skip
    assert preparation.methods[0].parameters()["epsilon"] == 0.003
    assert len(preparation.ood_images["uniform"]) == 17
    plans = {need.plan.objective: need.plan for need in preparation.needs if need.plan is not None}
    assert {plan.recipe.epochs for plan in plans.values()} == {2}
    assert plans["cross-entropy"].recipe.augmentation.cutout == 4
    assert plans["cross-entropy"].objective_parameters == {}
    assert plans["learned-confidence"].objective_parameters == {"budget": 1}


def test_noise_takes_the_shape_of_the_networks_input() -> None:
    images = prepare().ood_images["uniform"]
    assert np.stack(list(images.read(np.arange(2)))).shape == (2, 32, 32, 1)


def saved_checkpoint(folder: Path, **changes: Any) -> Path:
    branch = changes.get("objective") == "learned-confidence"
    transform = prepare().transform
    made = Checkpoint(
        **{
            "network": "convnet", "num_classes": 10, "channels": 1, "confidence_branch": branch,
            "transform": transform, "classes": tuple("0123456789"), "id_dataset": "digits",
            "objective": "cross-entropy", "seed": 0, "training": {},
            "state": build_network("convnet", 10, channels=1, confidence_branch=branch).state_dict(), **changes,
        }
    )  # fmt: skip
    made.save(folder / "net.safetensors")
    return folder / "net.safetensors"


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"method": ("odn",)}, UnknownNameError, r"Unknown method 'odn'\. Did you mean 'odin'"),
        ({"id": "digit"}, UnknownNameError, r"dataset 'digit'\. Did you mean 'digits'"),
        ({"ood": ("unifrm",)}, UnknownNameError, r"dataset 'unifrm'\. Did you mean 'uniform'"),
        ({"ood": ("digits",)}, BenchError, "'digits' is both the ID set and an OOD set"),
        ({"ood": ("uniform", "digits")}, BenchError, "'digits' is both the ID set and an OOD set"),
        ({"ood": ("a=npz:x", "a=npz:y")}, BenchError, "Two of the OOD sets have the same name"),
        ({"network": "convnt"}, UnknownNameError, r"network 'convnt'\. Did you mean 'convnet'"),
        ({"recipe": "smok"}, UnknownNameError, r"recipe 'smok'\. Did you mean 'smoke'"),
        ({"device": "gpu"}, BenchError, "Unknown device 'gpu'"),
        ({"id": "uniform", "ood": ("gaussian",)}, BenchError, r"'uniform' is not a set to train on.*--checkpoint"),
        ({"settings": {"msp.temperature": 2}}, UnknownNameError, "setting of msp: 'temperature'"),
        ({"settings": {"odin.epsilon": 2}}, UnknownNameError, r"setting 'odin\.epsilon': 'odin'"),
        ({"settings": {"uniform.cont": 2}}, UnknownNameError, r"option of uniform 'cont'\. Did you mean 'count'"),
        ({"settings": {"recipe.epoch": 2}}, UnknownNameError, r"'epoch'\. Did you mean 'epochs'"),
        ({"method": ("odin",), "settings": {"odin.epsilon": "big"}}, BenchError, r"odin\.epsilon must be a number"),
        ({"method": ("odin",), "settings": {"odin.unit": "px"}}, BenchError, "must be 'raw' or 'normalized'"),
        (
            {"method": ("confidence",), "settings": {"learned-confidence.budget": -1}},
            BenchError,
            "the budget must be above 0",
        ),
        ({"protocol": "heldout-ood", "tune_on": "digits"}, BenchError, "'digits' cannot be tuned on and tested on"),
        (
            {"protocol": "heldout-ood", "tune_on": "b=npz:x", "ood": ("b=npz:y",)},
            BenchError,
            "'b' cannot be tuned on and tested on",
        ),
        ({"normalize": "cifar10"}, BenchError, "--normalize describes a --checkpoint"),
        ({"checkpoint": Path("none.safetensors")}, BenchError, "does not exist"),
    ],
)
def test_what_a_user_can_mend_is_refused_with_the_way_out(
    changes: dict[str, Any], error: type[BenchError], message: str
) -> None:
    with pytest.raises(error, match=message):
        prepare(**changes)
    assert not cache_root().exists()


def test_a_data_set_that_is_not_there_is_said_before_any_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCH_DATA", str(tmp_path / "empty"))
    with pytest.raises(MissingDataError, match="bench data fetch svhn"):
        execute(prepare(ood=("uniform", "svhn"), out=tmp_path / "run"))
    assert not cache_root().exists()
    assert not (tmp_path / "run").exists()


def test_one_set_under_two_names_is_refused(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 8, 8), dtype=np.uint8)
    np.savez(tmp_path / "a.npz", images=pixels)
    np.savez(tmp_path / "b.npz", images=pixels)
    one, two = (f"{name}=npz:{tmp_path / name}.npz" for name in "ab")
    with pytest.raises(BenchError, match=r"'a' and 'b' are the same images\. Leave one of them out"):
        execute(prepare(ood=(one, two), out=tmp_path / "run"))
    with pytest.raises(BenchError, match="'a' and 'b' are the same images"):
        execute(prepare(ood=(one,), protocol="heldout-ood", tune_on=two, out=tmp_path / "run"))
    assert not cache_root().exists()


def test_a_given_checkpoint_serves_all_methods_and_brings_its_transform(tmp_path: Path) -> None:
    path = saved_checkpoint(tmp_path, objective="learned-confidence", seed=4)
    preparation = prepare(method=("all",), checkpoint=path)
    need, without = preparation.needs
    assert (need.plan, without.plan, without.checkpoint) == (None, None, None)
    assert {method.objective for method in need.methods} == {"cross-entropy", "learned-confidence"}
    assert {method.group for method in without.methods} == {"baselines"}
    tested = preparation.tested_network(need)
    assert (tested.name, tested.objective, tested.seed) == ("convnet", "learned-confidence", 4)
    assert tested.weights_hash == Checkpoint.load(path).weights_hash
    assert tested.transform == preparation.transform == Checkpoint.load(path).transform
    assert not any(parameter.requires_grad for parameter in tested.model.parameters())
    assert not tested.model.training


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"method": ("msp", "confidence")},
            r"confidence needs a network with the confidence branch, trained with",
        ),
        ({"recipe": "smoke"}, "--recipe describes a training"),
        ({"seeds": (0,)}, "--seed and --seeds are those of a training, and a --checkpoint is trained"),
        ({"seeds": (0, 1)}, "--seed and --seeds are those of a training"),
        (
            {"method": ("deep-ensemble",)},
            r"several seeds\. Leave the one --checkpoint out, and train some with --seeds",
        ),
        ({"settings": {"recipe.epochs": 2}}, r"setting 'recipe\.epochs'"),
        ({"settings": {"cross-entropy.x": 2}}, r"setting 'cross-entropy\.x'"),
        ({"network": "vgg13"}, "vgg13"),
        ({"id": "digits-0to6"}, "10 classes|digits-0to6"),
    ],
)
def test_what_a_given_checkpoint_cannot_do_is_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    path = saved_checkpoint(tmp_path)
    with pytest.raises(BenchError, match=message):
        prepare(checkpoint=path, **changes)


def test_a_checkpoint_that_was_trained_on_another_set_is_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    warning = "the checkpoint says that it was trained on 'mnist', not on 'digits'"
    preparation = prepare(
        method=("msp", "brightness"), checkpoint=saved_checkpoint(tmp_path, id_dataset="mnist"), out=tmp_path / "run"
    )
    assert any(line.startswith(f"Warning: {warning}") for line in preparation.plan_lines())
    rows = {row["method"]: row["warnings"] for row in execute(preparation).rows}
    assert rows["msp"][0].startswith(warning)
    assert not any("trained on" in one for one in rows["brightness"]), "it looks at pixels alone"
    assert f"Warning: {warning}" in capsys.readouterr().err
    assert prepare(checkpoint=saved_checkpoint(tmp_path)).caveats == ()
    assert prepare(method=("brightness",), checkpoint=saved_checkpoint(tmp_path, id_dataset="mnist")).caveats == ()


def test_a_network_with_one_class_is_refused(tmp_path: Path) -> None:
    state = build_network("convnet", 1, channels=1).state_dict()
    path = saved_checkpoint(tmp_path, num_classes=1, classes=(), state=state)
    np.savez(tmp_path / "mine.npz", images=np.zeros((9, 8, 8), np.uint8))
    with pytest.raises(BenchError, match=r"The checkpoint tells 1 class apart, .*at least two are needed"):
        prepare(checkpoint=path, id=f"mine=npz:{tmp_path / 'mine.npz'}")


def test_a_methods_own_seed_is_a_setting_beside_a_checkpoint_too(tmp_path: Path) -> None:
    settings = {"mc-dropout.seed": 3, "random.seed": 4}
    found = prepare(checkpoint=saved_checkpoint(tmp_path), method=("mc-dropout", "random"), settings=settings)
    assert [method.parameters()["seed"] for method in found.methods] == [3, 4]


def test_the_plan_names_networks_sets_and_counts() -> None:
    preparation = prepare(method=("msp", "confidence"), ood=("uniform", "digits-7to9"), id="digits-0to6", seeds=(0, 1))
    lines = "\n".join(preparation.plan_lines())
    assert "ID: digits-0to6 (352 test images)" in lines
    assert "OOD: digits-7to9 (148 images)" in lines
    assert lines.count("convnet, learned-confidence, recipe smoke, seed") == 2
    assert "to train for" in lines
    assert "Cells: 8, results in " in lines
    assert not cache_root().exists()
