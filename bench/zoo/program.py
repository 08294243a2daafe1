"""Networks that are programs in a file: TorchScript and ONNX. They give logits alone."""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from bench.errors import BenchError
from bench.optional import optional_module

from .named import NamedNetwork

_LOGITS_ONLY = "and {name} is a program that gives its logits alone. Leave this method out."


def open_torchscript(path: Path) -> NamedNetwork:
    """The program in a file that `torch.jit.save` wrote. It is run, so the file must be one that you trust.

    Raises `BenchError` if it cannot be read.
    """
    content = _content(path)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", r"`torch\.jit")  # torch's, of TorchScript as a whole
            program: nn.Module = torch.jit.load(str(path), map_location="cpu")  # type: ignore[no-untyped-call]  # torch's
    except (RuntimeError, ValueError) as error:
        raise BenchError(f"{path} is no TorchScript program that can be read: {_first_line(error)}.") from error
    return _logits_only(nn.Sequential(program), f"torchscript:{path.name}", content)


def open_onnx(path: Path) -> NamedNetwork:
    """The ONNX program in a file, run by onnxruntime on the CPU. Raises `BenchError` if it cannot be read."""
    content = _content(path)
    model = OnnxProgram(path)
    return _logits_only(model, f"onnx:{path.name}", content, gradients="which cannot be had of an ONNX program.")


class OnnxProgram(nn.Module):
    """A program with one input `(N, C, H, W)` in float32, whose first output are the logits `(N, K)`."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        runtime = optional_module("onnxruntime", extra="onnx", purpose=f"for the network onnx:{path}")
        try:
            self._session: Any = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime has a family of errors of its own without a common base
            raise BenchError(f"{path} is no ONNX program that can be read: {_first_line(error)}.") from error
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or inputs[0].type != "tensor(float)":
            kinds = ", ".join(f"{one.name}: {one.type}" for one in inputs)
            raise BenchError(f"{path} takes {kinds}; one input of float32 images is needed.")
        self._input, size = inputs[0].name, inputs[0].shape[0] if inputs[0].shape else None
        self._batch = size if isinstance(size, int) and size > 0 else None

    def forward(self, images: Tensor) -> Tensor:
        """The logits, where the images are. A program for batches of one size gets its last one filled up."""
        pixels = images.detach().cpu().float().numpy()
        if self._batch is None:
            return torch.from_numpy(self._run(pixels)).to(images.device)
        parts = [self._run_filled(pixels[start : start + self._batch]) for start in range(0, len(pixels), self._batch)]
        return torch.from_numpy(np.concatenate(parts)).to(images.device)

    def _run_filled(self, pixels: Any) -> Any:
        assert self._batch is not None
        missing = self._batch - len(pixels)
        return self._run(np.concatenate([pixels, *([pixels[-1:]] * missing)]))[: len(pixels)]

    def _run(self, pixels: Any) -> Any:
        try:
            return self._session.run(None, {self._input: np.ascontiguousarray(pixels)})[0]
        except Exception as error:  # as above
            raise RuntimeError(_first_line(error)) from error


def _content(path: Path) -> bytes:
    if not path.is_file():
        raise BenchError(f"There is no file {path}. Correct the path in --network.")
    return path.read_bytes()


def _logits_only(model: nn.Module, name: str, content: bytes, **lacks: str) -> NamedNetwork:
    only = _LOGITS_ONLY.format(name=name)
    lacks |= {"features": only, "head": only, "stages": only}
    code = hashlib.sha256(content).hexdigest()
    return NamedNetwork(model, name, code=code, lacks=lacks, assumed=("its first output are the logits",))


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
