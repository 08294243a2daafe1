"""Programs of torch.export: how they run, and their `.pt2` files."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.export import ExportedProgram
from torch.export.passes import move_to_device_pass

from bench.atomic import write_atomically
from bench.errors import BenchError
from bench.method_contract import Scores

from .description import DESCRIPTION, checked_description
from .exported import ExportedDetector, Run
from .harmless import why_harmful


def torch_run(program: ExportedProgram, device: torch.device) -> Run:
    """The program on a device."""
    module: nn.Module = (program if device.type == "cpu" else move_to_device_pass(program, device)).module()

    def run(images: Tensor) -> tuple[Scores, NDArray[np.bool_]]:
        with torch.no_grad():
            scores, is_id = module(images.to(device).contiguous())
        return scores.cpu().numpy(), is_id.cpu().numpy()

    return run


def write_torch_program(program: ExportedProgram, path: Path, description: dict[str, Any]) -> None:
    """Write a program and what is known of it as one `.pt2` file. Raises `BenchError` where that is not possible."""
    content = io.BytesIO()
    torch.export.save(program, content, extra_files={DESCRIPTION: json.dumps(description, allow_nan=False)})
    if why := why_harmful(content.getvalue()):
        raise BenchError(
            f"The network makes a program that bench detect would refuse, since it has {why}; {path} was not written. "
            "Write an .onnx file, or keep the detector as bench threshold makes it."
        )
    write_atomically(path, lambda temporary: temporary.write_bytes(content.getbuffer()))


def read_torch_program(path: Path, device: torch.device) -> ExportedDetector:
    """The program of a `.pt2` file, on a device.

    Raises `BenchError` for a file that is damaged, of another kind or from a newer version, and for one that holds more
    than a program of tensors: nothing of that is run.
    """
    extra, content = {DESCRIPTION: ""}, path.read_bytes()
    try:
        harm = why_harmful(content)
        program = None if harm else torch.export.load(io.BytesIO(content), extra_files=extra)
    except Exception as error:  # bytes that are no program make the loader raise almost anything
        raise BenchError(
            f"{path} is no whole program of torch.export ({type(error).__name__}: {error}). Export the detector again."
        ) from error
    if program is None:
        raise BenchError(
            f"{path} was refused and nothing in it was run: it has {harm}, and bench export writes no such program."
        )
    description = checked_description(path, extra[DESCRIPTION])
    return ExportedDetector(torch_run(program, device), description)
