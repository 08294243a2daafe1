"""Files of tensors, read without running anything that is in them."""

from __future__ import annotations

import re
import tarfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from bench.errors import BenchError

T = TypeVar("T")


class UnsoundTensorsError(BenchError):
    """A file of tensors that is not what was written to it."""


def require_file(path: str | Path) -> Path:
    """`path` if there is a file. Raises `BenchError` otherwise."""
    path = Path(path)
    if not path.is_file():
        what = "is a folder, not a checkpoint file" if path.is_dir() else "does not exist"
        raise BenchError(f"The checkpoint {path} {what}. Check the path.")
    return path


def is_safetensors(path: str | Path) -> bool:
    """Whether a file looks like safetensors: its header, eight bytes in, is a JSON object."""
    with require_file(path).open("rb") as file:
        return file.read(9)[8:] == b"{"


def read_safetensors(path: str | Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors on the CPU, and the metadata. Raises `BenchError` if the file is absent, truncated or of another kind."""

    def read(file: Any) -> tuple[dict[str, Tensor], dict[str, str]]:
        # Cloned, so that no mapping of the file outlives this call and it can be replaced on every platform.
        return {name: file.get_tensor(name).clone() for name in file.keys()}, file.metadata() or {}  # noqa: SIM118

    return _with_safetensors(path, read)


def read_safetensors_metadata(path: str | Path) -> dict[str, str]:
    """The metadata alone; errors as `read_safetensors`."""
    return _with_safetensors(path, lambda file: file.metadata() or {})


def read_pickle(path: str | Path) -> Any:
    """What `torch.save` wrote, as far as it is tensors and plain data, on the CPU.

    Raises `BenchError` for a file that is absent, truncated or of another kind, and for one that asks for anything
    but tensors and plain data: loading that would run code of the file's choice.
    """
    path = require_file(path)
    _refuse_unsafe_formats(path)
    try:
        with warnings.catch_warnings():
            # It warns that this reader might not know the file's instructions. If so, it fails, and that is told below.
            warnings.filterwarnings("ignore", "Detected pickle protocol", UserWarning)
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # bytes that are no checkpoint make the unpickler raise almost anything
        raise BenchError(f"{path} was refused and nothing in it was run: {_reason(str(error))}") from error


def _refuse_unsafe_formats(path: Path) -> None:
    # PyTorch before 2.6 ran code from files in this format even with weights_only=True (CVE-2025-32434).
    if _is_tar(path):
        raise BenchError(f"{path} is in a format that PyTorch left in 2017 and cannot be read safely. {_CONVERT}")
    if _is_torchscript(path):
        raise BenchError(
            f"{path} is a TorchScript archive, which is a program and not tensors alone; nothing in it was run. If you "
            "trust it, save only its tensors: "
            f"safetensors.torch.save_file(dict(torch.jit.load('{path.name}').state_dict()), 'weights.safetensors')."
        )


def _is_tar(path: Path) -> bool:
    try:
        return tarfile.is_tarfile(path)
    except EOFError:  # it looks compressed, and is cut off
        return False


def _is_torchscript(path: Path) -> bool:
    """Whether this is a zip archive with constants beside its pickle, by which PyTorch tells TorchScript, too."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith("/constants.pkl") for name in archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False


def _reason(message: str) -> str:
    """Why PyTorch could not read a file, from what it says of it, and what to do."""
    if asked_for := re.search(r"GLOBAL ([\w.]+\w)", message):
        return f"besides tensors it asks for '{asked_for[1]}', and loading that could run any code. {_CONVERT}"
    if "Unsupported operand" in message:
        return (
            "its pickle has instructions that PyTorch does not read without running code. Save it again with "
            "torch.save and its usual pickle_protocol, or as safetensors."
        )
    return (
        "it is truncated, or is not tensors written by torch.save or as safetensors. Fetch it again, or check the path."
    )


_CONVERT = (
    "If you trust it, load it where it was made and save only its tensors: "
    "safetensors.torch.save_file(model.state_dict(), 'weights.safetensors')."
)


def _with_safetensors(path: str | Path, read: Callable[[Any], T]) -> T:
    try:
        with safe_open(require_file(path), framework="pt", device="cpu") as file:
            return read(file)
    except (SafetensorError, OSError) as error:
        kind = BenchError if isinstance(error, OSError) else UnsoundTensorsError
        raise kind(
            f"{path} is not a readable safetensors file ({error}): it is truncated or of another kind. "
            "Restore it from a copy, or make it again."
        ) from error
