"""Checkpoints from elsewhere: containers, names, refusals."""

import io
import os
import pickle
import re
import tarfile
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch import Tensor

from bench.data.transform import NORMALIZATIONS, InputTransform
from bench.errors import BenchError, UnknownNameError
from bench.networks.checkpoint import Checkpoint
from bench.networks.classifier import NETWORKS, Classifier, build_network
from bench.networks.foreign import load_foreign, open_checkpoint, translate
from bench.networks.tensor_file import read_pickle

MEAN, STD = NORMALIZATIONS["imagenet"]
IMAGENET = InputTransform(32, 32, 3, MEAN, STD)


def worn(name: str, num_classes: int = 10, **options: Any) -> Classifier:
    """A network that has seen some images, so that no tensor is as it was made."""
    network = build_network(name, num_classes, seed=1, **options)
    generator = torch.Generator().manual_seed(0)
    for value in network.state_dict().values():
        if value.is_floating_point():
            value.mul_(1 + 0.1 * torch.randn(value.shape, generator=generator).clamp(-3, 3))
            value.add_(0.001)
    return network.eval()


def renamed(state: dict[str, Tensor], *rules: tuple[str, str], counters: bool = True) -> dict[str, Tensor]:
    """As another repository would call the tensors."""
    result: dict[str, Tensor] = OrderedDict()
    for key, value in state.items():
        if key.endswith("num_batches_tracked") and not counters:
            continue
        for pattern, replacement in rules:
            key = re.sub(pattern, replacement, key)  # noqa: PLW2901 - rules apply one after another
        result[key] = value
    return result


# Who names the tensors how: (network, rules from our names to theirs).
LAYOUTS = {
    "resnet20 of akamaster": ("resnet20", [("^classifier", "linear"), ("^", "module.")]),
    "resnet56 compiled": ("resnet56", [("^", "_orig_mod.module.")]),
    "resnet18 of kuangliu": ("resnet18", [("^classifier", "linear")]),
    "resnet18 of torchvision": ("resnet18", [("^classifier", "fc"), ("shortcut", "downsample")]),
    "vgg13 of kuangliu": ("vgg13", [("^trunk", "features")]),
    "wrn of xternalz": (
        "wrn-40-2",
        [(r"^layer(\d)", r"block\1.layer"), ("shortcut", "convShortcut"), ("^classifier", "fc")],
    ),
    "densenet of andreasveit": (
        "densenet-bc-100-12",
        [(r"^(block\d)", r"\1.layer"), ("^classifier", "fc"), ("^", "module.")],
    ),
    "lightning": ("convnet", [("^", "model.net.")]),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("named", [True, False], ids=["named", "inferred"])
def test_other_repositories_names_are_understood(tmp_path: Path, layout: str, named: bool) -> None:
    name, rules = LAYOUTS[layout]
    original = worn(name)
    path = tmp_path / "best.pth.tar"
    torch.save({"epoch": 3, "state_dict": renamed(original.state_dict(), *rules), "best_prec1": 91.5}, path)
    checkpoint = load_foreign(path, name if named else None, IMAGENET, id_dataset="cifar10")
    assert (checkpoint.network, checkpoint.objective, checkpoint.seed) == (name, "unknown", None)
    assert checkpoint.training == {"source": "best.pth.tar"}
    images = torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        assert torch.equal(checkpoint.build()(images).logits, original(images).logits)


@pytest.mark.parametrize("name", NETWORKS.names())
def test_no_alias_touches_our_own_names(name: str) -> None:
    network = build_network(name, 3, confidence_branch=True)
    assert all(translate(key, network.aliases) == key for key in network.state_dict())


@pytest.mark.parametrize(
    ("foreign", "ours"),
    [
        ("module.module.fc.weight", "classifier.weight"),
        ("fcnet.fc.bias", "fcnet.classifier.bias"),
        ("net.block1.layer.0.fc2.weight", "layer1.0.fc2.weight"),
        ("layer1.module.weight", "layer1.module.weight"),
        ("model", "model"),
    ],
)
def test_only_whole_components_are_translated(foreign: str, ours: str) -> None:
    assert translate(foreign, {"fc": "classifier", "block1.layer": "layer1"}) == ours


CONTAINERS: dict[str, Any] = {
    "bare": lambda state: state,
    "state_dict": lambda state: {"state_dict": state, "optimizer": {"state": {}, "param_groups": [{"lr": 0.1}]}},
    "nested": lambda state: {"model": {"state_dict": state}, "acc": 0.9, "epoch": 2},
    "net": lambda state: {"net": state},
    "with a counter": lambda state: {**state, "epoch": 7},
}


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
def test_the_state_dict_is_found_in_its_container(tmp_path: Path, container: str, zipped: bool) -> None:
    original = worn("convnet")
    path = tmp_path / "c.pt"
    torch.save(CONTAINERS[container](original.state_dict()), path, _use_new_zipfile_serialization=zipped)
    found = load_foreign(path, "convnet", IMAGENET, id_dataset="cifar10").state
    assert all(torch.equal(found[key], value) for key, value in original.state_dict().items())


def test_what_the_tensors_say_is_read_off_them(tmp_path: Path) -> None:
    original = worn("convnet", 4, channels=1, confidence_branch=True)
    save_file(original.half().state_dict(), tmp_path / "w.safetensors")
    grey = InputTransform(32, 32, 1, (0.5,), (0.5,))
    checkpoint = load_foreign(tmp_path / "w.safetensors", None, grey, classes=tuple("abcd"), id_dataset="mine")
    assert (checkpoint.num_classes, checkpoint.channels, checkpoint.confidence_branch) == (4, 1, True)
    assert checkpoint.state["classifier.weight"].dtype == torch.float32
    with pytest.raises(BenchError, match="tells 4 classes apart, not 5"):
        load_foreign(tmp_path / "w.safetensors", None, grey, num_classes=5, id_dataset="mine")
    with pytest.raises(BenchError, match=r"1 channel\(s\)"):
        load_foreign(tmp_path / "w.safetensors", None, IMAGENET, id_dataset="mine")
    with pytest.raises(BenchError, match="4 classes apart, but 'cifar10' has 10"):
        load_foreign(tmp_path / "w.safetensors", None, grey, classes=tuple("0123456789"), id_dataset="cifar10")


def test_a_foreign_checkpoint_becomes_one_of_ours(tmp_path: Path) -> None:
    tied = worn("convnet").state_dict()
    tied["trunk.14.weight"] = tied["trunk.10.weight"]
    torch.save(tied, tmp_path / "tied.pt")
    foreign = load_foreign(tmp_path / "tied.pt", "convnet", IMAGENET, id_dataset="cifar10")
    foreign.save(tmp_path / "own.safetensors")
    own = open_checkpoint(tmp_path / "own.safetensors", id_dataset="cifar10", classes=())
    assert own.weights_hash == foreign.weights_hash
    assert (own.transform, own.objective, own.seed) == (IMAGENET, "unknown", None)


def test_files_from_before_step_counters_load(tmp_path: Path) -> None:
    original = worn("resnet20")
    torch.save(renamed(original.state_dict(), counters=False), tmp_path / "old.pth")
    state = load_foreign(tmp_path / "old.pth", None, IMAGENET, id_dataset="cifar10").state
    assert list(state) == list(original.state_dict())
    assert int(state["bn1.num_batches_tracked"]) == 0


def test_a_doubled_name_is_not_silently_dropped(tmp_path: Path) -> None:
    state = worn("convnet").state_dict()
    torch.save({**state, "module.classifier.weight": torch.zeros(10, 64)}, tmp_path / "two.pt")
    with pytest.raises(BenchError, match=r"unexpected: module\.classifier\.weight"):
        load_foreign(tmp_path / "two.pt", "convnet", IMAGENET, id_dataset="cifar10")


def test_what_does_not_fit_is_listed(tmp_path: Path) -> None:
    state = worn("convnet").state_dict()
    del state["trunk.2.bias"]
    torch.save({**state, "head.weight": torch.zeros(3)}, tmp_path / "odd.pt")
    for network in ("convnet", None):
        with pytest.raises(BenchError, match=r"missing: trunk\.2\.bias; unexpected: head\.weight") as caught:
            load_foreign(tmp_path / "odd.pt", network, IMAGENET, id_dataset="cifar10")
    assert "fits none of the networks" in str(caught.value)
    assert "nearest is 'convnet'" in str(caught.value)


def test_two_networks_that_fit_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_file(worn("convnet").state_dict(), tmp_path / "w.safetensors")
    monkeypatch.setitem(NETWORKS.entries, "convnet-again", NETWORKS.entry("convnet"))
    with pytest.raises(BenchError, match=r"fits several networks: convnet, convnet-again\. Say which with --network"):
        load_foreign(tmp_path / "w.safetensors", None, IMAGENET, id_dataset="cifar10")


def test_an_unknown_network_is_refused(tmp_path: Path) -> None:
    save_file(worn("convnet").state_dict(), tmp_path / "w.safetensors")
    with pytest.raises(UnknownNameError, match="Did you mean 'resnet20'"):
        load_foreign(tmp_path / "w.safetensors", "resnet-20", IMAGENET, id_dataset="cifar10")


@pytest.mark.parametrize("content", [[1, 2], {"epoch": 3}, {"state_dict": {}}, torch.zeros(2)])
def test_a_file_without_a_state_dict_is_described(tmp_path: Path, content: Any) -> None:
    torch.save(content, tmp_path / "x.pt")
    with pytest.raises(BenchError, match=f"no state dict, but a {type(content).__name__}"):
        load_foreign(tmp_path / "x.pt", None, IMAGENET, id_dataset="cifar10")


class Malicious:
    """Runs a command of its choice when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch '{self.marker}'",)


def save_raw(content: Any, path: Path) -> None:
    path.write_bytes(pickle.dumps(content))


def save_legacy(content: Any, path: Path) -> None:
    torch.save(content, path, _use_new_zipfile_serialization=False)


@pytest.mark.parametrize("save", [save_raw, save_legacy, torch.save])
def test_a_pickle_that_would_run_code_is_refused(tmp_path: Path, save: Any) -> None:
    marker, path = tmp_path / "it ran", tmp_path / "net.pth"
    save({"state_dict": worn("convnet").state_dict(), "extra": Malicious(marker)}, path)
    with pytest.raises(BenchError, match="refused and nothing in it was run") as caught:
        load_foreign(path, "convnet", IMAGENET, id_dataset="cifar10")
    assert not marker.exists()
    if save is not save_raw:
        assert f"asks for '{os.system.__module__}.system'" in str(caught.value)


def test_that_pickle_does_run_code_where_it_is_let(tmp_path: Path) -> None:
    marker = tmp_path / "it ran"
    pickle.loads(pickle.dumps(Malicious(marker)))  # noqa: S301 - shows that the test above can fail
    assert marker.exists()


def test_a_pickled_module_is_refused(tmp_path: Path) -> None:
    torch.save(torch.nn.Sequential(torch.nn.Linear(2, 2)), tmp_path / "module.pt")
    with pytest.raises(BenchError, match=r"asks for 'torch\.nn\.modules\.container\.Sequential'.*save_file"):
        load_foreign(tmp_path / "module.pt", None, IMAGENET, id_dataset="cifar10")


def test_the_tar_format_is_refused(tmp_path: Path) -> None:
    content = pickle.dumps(Malicious(tmp_path / "it ran"))
    with tarfile.open(tmp_path / "old.tar", "w") as archive:
        for name in ("sys_info", "pickle", "storages", "tensors"):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    with pytest.raises(BenchError, match="cannot be read safely"):
        load_foreign(tmp_path / "old.tar", None, IMAGENET, id_dataset="cifar10")
    assert not (tmp_path / "it ran").exists()


def test_torchscript_is_refused_as_such(tmp_path: Path) -> None:
    path = tmp_path / "script.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("script/data.pkl", pickle.dumps({"classifier.weight": 1}, protocol=2))
        archive.writestr("script/constants.pkl", pickle.dumps((), protocol=2))
    with pytest.raises(BenchError, match=r"script\.pth is a TorchScript archive.*torch\.jit\.load\('script\.pth'\)"):
        load_foreign(path, None, IMAGENET, id_dataset="cifar10")


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
def test_an_unusual_pickle_protocol_is_read_where_it_can_be_and_else_named(tmp_path: Path, zipped: bool) -> None:
    path = tmp_path / "protocol.pth"
    torch.save({"a": torch.ones(2)}, path, pickle_protocol=3, _use_new_zipfile_serialization=zipped)
    assert torch.equal(read_pickle(path)["a"], torch.ones(2))  # a warning would be an error here
    torch.save({"a": torch.ones(2)}, path, pickle_protocol=5, _use_new_zipfile_serialization=zipped)
    with pytest.raises(BenchError, match="usual pickle_protocol"):
        read_pickle(path)


@settings(max_examples=150, deadline=None)
@given(content=st.binary(max_size=60) | st.binary(max_size=60).map(lambda tail: b"\x80\x02" + tail))
def test_any_other_bytes_are_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "noise.pt"
    path.write_bytes(content)
    with pytest.raises(BenchError):
        load_foreign(path, "convnet", IMAGENET, id_dataset="cifar10")


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
def test_a_truncated_file_is_refused(tmp_path: Path, zipped: bool) -> None:
    path = tmp_path / "cut.pt"
    torch.save(worn("convnet").state_dict(), path, _use_new_zipfile_serialization=zipped)
    whole = path.read_bytes()
    for share in (0.001, 0.01, 0.1, 0.5, 0.99):
        path.write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(BenchError, match="refused and nothing in it was run"):
            load_foreign(path, "convnet", IMAGENET, id_dataset="cifar10")


def test_a_foreign_checkpoint_needs_its_normalisation(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    save_file(worn("convnet").state_dict(), path)
    with pytest.raises(BenchError, match=r"a wrong guess changes every number silently.*--normalize cifar10\|svhn"):
        open_checkpoint(path, id_dataset="cifar10", classes=())
    with pytest.raises(BenchError, match="Cannot read the normalisation 'imagnet'"):
        open_checkpoint(path, normalize="imagnet", id_dataset="cifar10", classes=())
    opened = open_checkpoint(path, normalize="imagenet", id_dataset="cifar10", classes=tuple("0123456789"))
    assert (opened.network, opened.transform) == ("convnet", IMAGENET)
    assert (opened.id_dataset, opened.classes) == ("cifar10", tuple("0123456789"))
    other = open_checkpoint(path, normalize="0.5,0.4,0.3/0.2,0.2,0.1", id_dataset="cifar10", classes=())
    assert (other.transform.mean, other.transform.std) == ((0.5, 0.4, 0.3), (0.2, 0.2, 0.1))


def test_one_of_ours_is_not_contradicted(tmp_path: Path) -> None:
    path = tmp_path / "own.safetensors"
    state = worn("convnet").state_dict()
    Checkpoint("convnet", 10, 3, False, IMAGENET, (), "cifar10", "cross-entropy", 0, {}, state).save(path)
    opened = open_checkpoint(path, network="convnet", normalize="imagenet", id_dataset="svhn", classes=())
    assert (opened.id_dataset, opened.objective) == ("cifar10", "cross-entropy")
    with pytest.raises(BenchError, match=r"contradicts it\. Leave --normalize out"):
        open_checkpoint(path, normalize="svhn", id_dataset="cifar10", classes=())
    with pytest.raises(BenchError, match="is a 'convnet', not a 'vgg13'"):
        open_checkpoint(path, network="vgg13", id_dataset="cifar10", classes=())


def test_there_must_be_a_file(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="does not exist"):
        open_checkpoint(tmp_path / "none.pt", id_dataset="cifar10", classes=())


@pytest.mark.skipif(
    not {"BENCH_DATA", "BENCH_TEST_CHECKPOINT"} <= set(os.environ),
    reason="needs CIFAR-10 in BENCH_DATA and the public ResNet-20 in BENCH_TEST_CHECKPOINT",
)
def test_the_public_resnet20_reaches_its_accuracy() -> None:
    from torchvision.datasets import CIFAR10

    test = CIFAR10(os.environ["BENCH_DATA"], train=False)
    labels = torch.tensor(test.targets)
    checkpoint = open_checkpoint(
        os.environ["BENCH_TEST_CHECKPOINT"], normalize="imagenet", id_dataset="cifar10", classes=tuple(test.classes)
    )
    network, right = checkpoint.build(), 0
    with torch.no_grad():
        for start in range(0, 10_000, 500):
            logits = network(checkpoint.transform(test.data[start : start + 500])).logits
            right += int((logits.argmax(1) == labels[start : start + 500]).sum())
    assert (checkpoint.network, right) == ("resnet20", 9173)
