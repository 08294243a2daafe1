"""Which network a name means: `timm:NAME`, `torchvision:NAME`, `hf:REPO`, `torchscript:FILE`, `onnx:FILE`, or code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bench.errors import BenchError
from bench.user_path import user_path

from .named import NamedNetwork
from .program import open_onnx, open_torchscript
from .timm_network import open_timm
from .torchvision_network import open_torchvision
from .transformers_network import open_transformers
from .user_network import open_user_network

KINDS: dict[str, str] = {
    "timm": "a network of timm by its name; also timm:hf-hub:REPO and timm:local-dir:FOLDER",
    "torchvision": "a classifier of torchvision by its name; torchvision:NAME:WEIGHTS chooses among its weights",
    "hf": "an image classifier of transformers, by its repository on the Hugging Face hub or as hf:./FOLDER",
    "torchscript": "a program that torch.jit.save wrote; logits only",
    "onnx": "an ONNX program, run by onnxruntime; logits only, without gradients",
}
"""What may stand before the colon, in words; anything else is a module or file of Python with a function in it."""

_OPENERS: dict[str, Callable[[str, Path | None], NamedNetwork]] = {
    "timm": open_timm,
    "torchvision": open_torchvision,
    "hf": open_transformers,
}


def is_foreign(network: str | None) -> bool:
    """Whether a network's name means one that is opened here, and not a registered architecture."""
    return network is not None and ":" in network


def runs_code(network: str) -> bool:
    """Whether opening a network of that name runs code that is no installed library's, but chosen with the name."""
    kind, colon, _ = network.partition(":")
    return bool(colon) and (kind not in KINDS or kind == "torchscript")


def open_network(text: str, checkpoint: Path | None) -> NamedNetwork:
    """The network that `text` names, with the weights of a file where one is given.

    Raises `BenchError` for what is not found, cannot be read, or does not fit.
    """
    kind, _, rest = text.partition(":")
    if not rest:
        raise BenchError(f"Nothing stands after the colon of --network {text}. Write for example timm:resnet18.")
    if kind in ("torchscript", "onnx"):
        return _open_program(kind, user_path(rest), checkpoint)
    if kind in _OPENERS:
        return _OPENERS[kind](rest, checkpoint)
    return open_user_network(text, checkpoint, others=KINDS)


def _open_program(kind: str, path: Path, checkpoint: Path | None) -> NamedNetwork:
    if checkpoint is not None:
        raise BenchError(f"--network {kind}:{path} has its weights in it. Leave --checkpoint out.")
    return open_onnx(path) if kind == "onnx" else open_torchscript(path)
