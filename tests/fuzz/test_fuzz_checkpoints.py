"""Malformed and malicious checkpoints, fitted methods and detectors."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save

from bench.canonical import canonical_json, content_key
from bench.data.transform import InputTransform
from bench.detector_file import read_description
from bench.errors import BenchError
from bench.method_contract import METHODS
from bench.method_file import load_method, save_method
from bench.networks.checkpoint import Checkpoint
from bench.networks.classifier import build_network
from bench.networks.foreign import open_checkpoint
from tests.fuzz.hostile import malformed_json, mutated_bytes, mutated_tree
from tests.fuzz.survive import budget, nothing_outside, survives
from tests.methods.cases import made_for

NETWORK = build_network("convnet", 3, channels=1)
STATE = NETWORK.state_dict()
CHECKPOINT = Checkpoint(
    network="convnet", num_classes=3, channels=1, confidence_branch=False, classes=("a", "b", "c"), id_dataset="digits",
    transform=InputTransform(8, 8, 1, (0.5,), (0.5,)), objective="cross-entropy", seed=1, training={"a": 1},
    state=STATE,
)  # fmt: skip


def saved(content: Any, **how: Any) -> bytes:
    file = io.BytesIO()
    torch.save(content, file, **how)
    return file.getvalue()


STATES = {new: saved(STATE, _use_new_zipfile_serialization=new) for new in (True, False)}
"""Weights in PyTorch's format, and in the one that it wrote before 2020."""


class Touch:
    """Makes a file when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("outside"),)


class Nested:
    """A torch file inside, which is loaded when this is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return torch.load, (io.BytesIO(saved(Touch())),)


def zip_of(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def tar_format() -> bytes:
    """PyTorch's format of before 2017, which it unpickled without asking."""
    import tarfile

    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name in ("storages", "tensors", "pickle"):
            content = pickle.dumps(Touch())
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


ODD: dict[str, bytes] = {
    "a reduce": saved({"state_dict": Touch()}),
    "a reduce beside tensors": saved({**STATE, "note": Touch()}),
    "a torch file in a pickle": saved({"model": Nested()}),
    "the old format": saved({"model": Touch()}, _use_new_zipfile_serialization=False),
    "a plain pickle": pickle.dumps({"model": Touch()}),
    "the oldest format": tar_format(),
    "a whole module": saved(NETWORK),
    "an array of objects": saved({"a": np.array([Touch()], object)}),
    "a TorchScript program": zip_of({"a/constants.pkl": pickle.dumps(Touch()), "a/data.pkl": pickle.dumps(Touch())}),
    "a class of the system": b"cposix\nsystem\n(S'touch outside'\ntR.",
    "a zip of something else": zip_of({"a.txt": b"x"}),
    "a zip that leads out": zip_of({"../outside": b"x"}),
    "no state": saved([1, 2, 3]),
    "an empty state": saved({}),
    "numbers": saved({"a": 1.0}),
    "itself in itself": b"\x80\x02}q\x00U\x01ah\x00s.",
    "empty": b"",
    "text": b"state_dict",
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "in").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path / "in"


def opened(path: Path) -> Checkpoint:
    return open_checkpoint(path, network="convnet", normalize="0.5/0.5", id_dataset="digits")


@pytest.mark.parametrize("name", sorted(ODD))
def test_odd_checkpoints_are_refused_and_run_nothing(home: Path, name: str) -> None:
    (home / "a.pt").write_bytes(ODD[name])
    with nothing_outside(home):
        found = survives(lambda: opened(home / "a.pt"))
    assert isinstance(found, BenchError), found
    assert not (home.parent / "outside").exists()


@budget(60)
@given(content=st.booleans().flatmap(lambda new: mutated_bytes(STATES[new])))
def test_changed_checkpoints(home: Path, content: bytes) -> None:
    (home / "a.pt").write_bytes(content)
    with nothing_outside(home):
        found = survives(lambda: opened(home / "a.pt"))
    assert isinstance(found, Checkpoint | BenchError)


@budget(50)
@given(content=mutated_bytes(save(STATE)))
def test_changed_safetensors(home: Path, content: bytes) -> None:
    (home / "a.safetensors").write_bytes(content)
    with nothing_outside(home):
        survives(lambda: opened(home / "a.safetensors"))


@budget(60)
@given(data=st.data())
def test_descriptions_of_our_own_checkpoints(home: Path, data: st.DataObject) -> None:
    """Their checksum is made anew, as someone would who means harm."""
    path = home / "own.safetensors"
    CHECKPOINT.save(path)
    tensors, described = _parts(path.read_bytes())
    changed = data.draw(mutated_tree(described))
    if isinstance(changed, dict):
        changed.pop("checksum", None)
        try:
            changed["checksum"] = content_key(changed)
            text = canonical_json(changed)
        except (ValueError, TypeError):
            text = "NaN"
    else:
        text = repr(changed)
    path.write_bytes(save(tensors, {"oodbench": text.encode("utf-8", "replace").decode()}))
    with nothing_outside(home):
        found = survives(lambda: opened(path))
    assert isinstance(found, Checkpoint | BenchError)


def _parts(content: bytes) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    length = int.from_bytes(content[:8], "little")
    return STATE, json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["oodbench"])


@pytest.fixture(scope="module")
def method(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A fitted method as a file."""
    fitted = METHODS.get("mahalanobis")()
    made_for(fitted)
    path = tmp_path_factory.mktemp("method") / "a.safetensors"
    save_method(fitted, path)
    return path.read_bytes()


@budget(40)
@given(data=st.data())
def test_changed_fitted_methods(home: Path, method: bytes, data: st.DataObject) -> None:
    (home / "m.safetensors").write_bytes(data.draw(mutated_bytes(method)))
    with nothing_outside(home):
        survives(lambda: load_method(home / "m.safetensors"))


DETECTOR: dict[str, Any] = {
    "format": "oodbench detector", "schema": 1, "method": "msp", "method_version": 1, "parameters": {}, "tpr": 0.95,
    "threshold": 0.5, "validation": {"name": "digits", "identity": "x", "count": 10}, "provenance": {},
    "state": {"path": "m.safetensors", "sha256": "0"},
    "checkpoint": {
        "path": "net.safetensors", "weights_hash": CHECKPOINT.weights_hash, "network": "convnet",
        "id_dataset": "digits", "transform": CHECKPOINT.transform.to_dict(),
    },
}  # fmt: skip


@budget(60)
@given(content=malformed_json(DETECTOR))
def test_detectors(home: Path, content: bytes) -> None:
    if not (home / "net.safetensors").exists():
        CHECKPOINT.save(home / "net.safetensors")
    (home / "d.json").write_bytes(content)
    with nothing_outside(home):
        survives(lambda: read_description(home / "d.json", trusts_code=False))
