"""Saving, loading and refusing this project's own checkpoints."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from bench.canonical import content_key
from bench.data.transform import InputTransform
from bench.errors import BenchError, UnknownNameError
from bench.networks.checkpoint import SCHEMA, Checkpoint, is_own_checkpoint
from bench.networks.classifier import build_network

DIGITS = tuple("0123456")


def make(**changes: Any) -> Checkpoint:
    network = build_network("convnet", 7, channels=1, confidence_branch=True, seed=5)
    checkpoint = Checkpoint(
        network="convnet",
        num_classes=7,
        channels=1,
        confidence_branch=True,
        transform=InputTransform(32, 32, 1, (0.1,), (1 / 3,), fit="stretch"),
        classes=DIGITS,
        id_dataset="digits-0to6",
        objective="learned-confidence",
        seed=4,
        training={"recipe": "smoke", "log": [{"epoch": 1, "loss": 0.1 + 0.2}]},
        state=network.state_dict(),
    )
    return replace(checkpoint, **changes)


def rewrite(path: Path, *, mend: bool = True, **changes: Any) -> None:
    """Change the metadata behind the checkpoint's back; None removes a field. `mend` makes the checksum agree."""
    with safe_open(path, framework="pt") as file:
        metadata = json.loads(file.metadata()["oodbench"])
    checksum = metadata.pop("checksum")
    kept = {key: value for key, value in (metadata | changes).items() if value is not None}
    kept["checksum"] = content_key(kept) if mend else checksum
    save_file(load_file(path), path, metadata={"oodbench": json.dumps(kept)})


def assert_same(left: Checkpoint, right: Checkpoint) -> None:
    for name in Checkpoint.__dataclass_fields__:
        if name != "state":
            assert getattr(left, name) == getattr(right, name), name
    assert set(left.state) == set(right.state)
    assert all(torch.equal(left.state[key], value) for key, value in right.state.items())


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "some folder" / "net.safetensors"
    make().save(path)
    return path


def test_what_is_saved_is_loaded(saved: Path) -> None:
    assert_same(Checkpoint.load(saved), make())
    assert Checkpoint.load(saved).weights_hash == make().weights_hash
    assert [path.name for path in saved.parent.iterdir()] == ["net.safetensors"]
    assert is_own_checkpoint(saved)


def test_it_says_and_does_the_same_after_loading(saved: Path) -> None:
    images = torch.rand(3, 1, 32, 32)
    network = build_network("convnet", 7, channels=1, confidence_branch=True, seed=5).eval()
    loaded = Checkpoint.load(saved).build()
    assert not any(module.training for module in loaded.modules())
    with torch.no_grad():
        for left, right in zip(network(images), loaded(images), strict=True):
            assert torch.equal(left, right)


def test_the_same_checkpoint_gives_the_same_bytes(tmp_path: Path) -> None:
    make().save(tmp_path / "a")
    shuffled = make()
    replace(shuffled, state=dict(reversed(shuffled.state.items()))).save(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_weights_in_channels_last_memory_are_saved(tmp_path: Path) -> None:
    network = build_network("convnet", 7, channels=1, confidence_branch=True, seed=5).to(
        memory_format=torch.channels_last
    )
    assert any(not value.is_contiguous() for value in network.state_dict().values())
    strided = make(state=network.state_dict())
    strided.save(tmp_path / "net")
    assert Checkpoint.load(tmp_path / "net").weights_hash == strided.weights_hash == make().weights_hash


def test_the_hash_is_of_the_network_and_every_part_of_its_tensors() -> None:
    state = {"a": torch.tensor([1.0, 2.0]), "b": torch.tensor(3)}
    variants = [
        state,
        {"a": torch.tensor([1.0, 2.5]), "b": torch.tensor(3)},
        {"a": torch.tensor([[1.0, 2.0]]), "b": torch.tensor(3)},
        {"a": torch.tensor([1.0, 2.0]).view(torch.int32), "b": torch.tensor(3)},
        {"c": torch.tensor([1.0, 2.0]), "b": torch.tensor(3)},
        {"a": torch.tensor([1.0, 2.0]).bfloat16(), "b": torch.tensor(3)},
    ]
    hashes = [make(state=variant).weights_hash for variant in variants]
    hashes.append(make(state=state, network="vgg13").weights_hash)
    assert len(set(hashes)) == len(hashes)
    assert make(state=dict(reversed(state.items()))).weights_hash == hashes[0]
    assert make(state=state, seed=9, id_dataset="other").weights_hash == hashes[0]


def test_loaded_tensors_do_not_hang_on_the_file(saved: Path) -> None:
    loaded = Checkpoint.load(saved)
    with saved.open("r+b") as file:
        file.truncate(0)
    assert_same(loaded, make())


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_truncated_file_is_refused(saved: Path, share: float) -> None:
    whole = saved.read_bytes()
    part = saved.parent / "part.safetensors"
    part.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(BenchError, match="truncated"):
        Checkpoint.load(part)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_flipped_bit_never_changes_anything_silently(saved: Path, data: st.DataObject) -> None:
    content = bytearray(saved.read_bytes())
    header = 8 + int.from_bytes(content[:8], "little")
    place = data.draw(st.integers(0, header) | st.integers(header, len(content) - 1))
    content[place] ^= 1 << data.draw(st.integers(0, 7))
    flipped = saved.parent / "flipped"
    flipped.write_bytes(content)
    try:
        loaded = Checkpoint.load(flipped)
    except BenchError:
        return
    assert_same(loaded, make())


@pytest.mark.parametrize("content", [b"", b"\x00" * 64, b"PK\x03\x04 no archive", b"just text, longer than nine bytes"])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "net.safetensors").write_bytes(content)
    with pytest.raises(BenchError, match="not a readable safetensors"):
        Checkpoint.load(tmp_path / "net.safetensors")


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"nowhere\.safetensors does not exist"):
        Checkpoint.load(tmp_path / "nowhere.safetensors")
    with pytest.raises(BenchError, match="is a folder"):
        Checkpoint.load(tmp_path)


def test_tensors_without_metadata_are_not_guessed_at(tmp_path: Path) -> None:
    save_file(make().state, tmp_path / "bare.safetensors")
    assert not is_own_checkpoint(tmp_path / "bare.safetensors")
    with pytest.raises(BenchError, match="--normalize"):
        Checkpoint.load(tmp_path / "bare.safetensors")


def test_a_newer_schema_is_refused(saved: Path) -> None:
    rewrite(saved, schema=SCHEMA + 1)
    with pytest.raises(BenchError, match="newer oodbench"):
        Checkpoint.load(saved)


@pytest.mark.parametrize(
    "changes",
    [
        {"network": None},
        {"transform": {"height": 32}},
        {"transform": {"depth": 1}},
        {"transform": "none"},
        {"schema": "1"},
        {"schema": None},
        {"weights_hash": None},
        {"mend": False, "seed": 5},
        {"mend": False, "id_dataset": "digits-0to7"},
    ],
)
def test_damaged_metadata_is_refused(saved: Path, changes: dict[str, Any]) -> None:
    rewrite(saved, **changes)
    with pytest.raises(BenchError, match=f"metadata of {saved} is damaged"):
        Checkpoint.load(saved)


def test_an_unknown_network_gets_a_suggestion(saved: Path) -> None:
    rewrite(saved, network="convnett")
    with pytest.raises(UnknownNameError, match="Did you mean 'convnet'"):
        Checkpoint.load(saved)


def test_keys_that_do_not_fit_are_listed(tmp_path: Path) -> None:
    state = dict(make().state)
    state["extra.weight"] = torch.zeros(1)
    del state["trunk.1.weight"]
    state["classifier.bias"] = torch.zeros(8)
    make(state=state).save(tmp_path / "net")
    with pytest.raises(BenchError) as caught:
        Checkpoint.load(tmp_path / "net")
    message = str(caught.value)
    assert "missing: trunk.1.weight;" in message
    assert "unexpected: extra.weight;" in message
    assert "of another shape: classifier.bias (8,) instead of (7,)" in message


def test_a_long_list_of_keys_is_cut(tmp_path: Path) -> None:
    make(network="vgg13").save(tmp_path / "net")
    with pytest.raises(BenchError, match=r"trunk\.\d+\.\w+ and \d+ more; unexpected") as caught:
        Checkpoint.load(tmp_path / "net")
    assert len(str(caught.value)) < 1500


def test_parts_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(BenchError, match="7 classes apart, but 'digits-0to6' has 10"):
        make(classes=tuple("0123456789"))
    with pytest.raises(BenchError, match=r"1 channel\(s\), but its input transform gives 3"):
        make(transform=InputTransform(32, 32, 3, (0.5,) * 3, (0.5,) * 3))


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(BenchError, match="Cannot write"):
        make().save(tmp_path / "file" / "net.safetensors")
