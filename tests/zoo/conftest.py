"""Networks of other libraries in the layouts that these keep them in, made here; no test reaches the network."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.zoo.layouts import CLASSES


class NetworkReachedError(OSError):
    """Raised where a test would reach the network."""


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise NetworkReachedError("the network is unreachable")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture(scope="session")
def hub_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small ViT for three classes as transformers saves it for the hub."""
    transformers: Any = pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("hub") / "tiny-vit"
    config = transformers.ViTConfig(
        hidden_size=12, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, image_size=16, patch_size=8,
        id2label=dict(enumerate(CLASSES)), label2id={name: place for place, name in enumerate(CLASSES)},
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = transformers.ViTForImageClassification(config).eval()
    model.save_pretrained(folder)
    processor = transformers.ViTImageProcessor(size={"height": 16, "width": 16}, image_mean=[0.4, 0.5, 0.6])
    processor.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def timm_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network of timm for three classes as timm saves it for the hub."""
    timm: Any = pytest.importorskip("timm")
    from timm.models import save_for_hf

    folder = tmp_path_factory.mktemp("timm") / "tiny-resnet"
    with torch.random.fork_rng():
        torch.manual_seed(0)
        own = {"input_size": (3, 48, 48), "crop_pct": 0.75, "mean": (0.5, 0.4, 0.3)}
        model = timm.create_model("test_resnet", num_classes=3, pretrained_cfg_overlay=own).eval()
    save_for_hf(model, str(folder), safe_serialization=True)
    return folder


@pytest.fixture
def in_cache(tmp_path: Path) -> Callable[[Path, str], Path]:
    """A function that lays a folder into a cache as the hub's client keeps it, and returns the `HF_HOME` of that."""

    def lay(folder: Path, repository: str) -> Path:
        kept = tmp_path / "home" / "hub" / f"models--{repository.replace('/', '--')}"
        revision = "0123456789abcdef0123456789abcdef01234567"
        (kept / "refs").mkdir(parents=True)
        (kept / "refs" / "main").write_text(revision)
        snapshot = kept / "snapshots" / revision
        snapshot.mkdir(parents=True)
        for file in folder.iterdir():
            (snapshot / file.name).write_bytes(file.read_bytes())
        return tmp_path / "home"

    return lay
