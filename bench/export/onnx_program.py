"""Programs as ONNX models: how they run in ONNX Runtime, and their `.onnx` files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.export import ExportedProgram

from bench.atomic import write_atomically
from bench.errors import BenchError
from bench.method_contract import Scores
from bench.optional import optional_module

from .description import DESCRIPTION, checked_description
from .exported import ExportedDetector, Run


def onnx_bytes(program: ExportedProgram, name: str, description: dict[str, Any] | None = None) -> bytes:
    """A program as an ONNX model with its description; `name` is the method's, for an error.

    Raises `BenchError` where something of it has no counterpart there, or a library that writes it is not installed.
    """
    for library in ("onnx", "onnxscript"):
        optional_module(library, extra="onnx", purpose="to write ONNX models")
    try:
        made: Any = torch.onnx.export(program, dynamo=True, verbose=False)
        made.model.metadata_props[DESCRIPTION] = json.dumps(description, allow_nan=False)
        content: bytes = made.model_proto.SerializeToString()
    except Exception as error:  # torch.onnx and onnxscript raise what they please
        reason = str(error).strip().splitlines()[0]
        raise BenchError(
            f"{name} cannot be written as ONNX ({type(error).__name__}: {reason}). Export it to a .pt2 file."
        ) from error
    return content


def onnx_run(model: bytes) -> Run:
    """An ONNX model in ONNX Runtime, on the CPU. Raises `BenchError` where that cannot run it."""
    session = _session(model)
    name = session.get_inputs()[0].name

    def run(images: Tensor) -> tuple[Scores, NDArray[np.bool_]]:
        scores, is_id = session.run(None, {name: images.cpu().contiguous().numpy()})
        return scores, is_id

    return run


def write_onnx_program(content: bytes, path: Path) -> None:
    """Write a model to a file."""
    write_atomically(path, lambda temporary: temporary.write_bytes(content))


def read_onnx_program(path: Path) -> ExportedDetector:
    """The program of an `.onnx` file. Raises `BenchError` for one that is damaged or was not made by `bench export`."""
    content = path.read_bytes()
    found = _session(content).get_modelmeta().custom_metadata_map
    return ExportedDetector(onnx_run(content), checked_description(path, found.get(DESCRIPTION, "{}")))


def _session(model: bytes) -> Any:
    runtime = optional_module("onnxruntime", extra="onnx", purpose="to run ONNX models")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3
    try:
        return runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the classes of its errors are not public
        raise BenchError(f"ONNX Runtime cannot run the model: {error}") from error
