"""A detector's file of whatever kind: the JSON of `bench threshold`, or a program of `bench export`."""

from __future__ import annotations

from pathlib import Path

from bench.detector import Detector
from bench.device import pick_device

from .exported import ExportedDetector
from .onnx_program import read_onnx_program
from .torch_program import read_torch_program

_ZIP = b"PK\x03\x04"


def open_detector(path: str | Path, *, device: str = "auto", trust_code: bool = False) -> Detector | ExportedDetector:
    """The detector in a file: a program of torch.export is a zip archive, an ONNX model ends in `.onnx`, else JSON.

    An ONNX model runs on the CPU. Code that makes the network of a JSON file is run only with `trust_code`. Raises
    `BenchError` where the file is absent or cannot be used.
    """
    file = Path(path)
    if file.is_file():
        with file.open("rb") as content:
            start = content.read(len(_ZIP))
        if start == _ZIP:
            return read_torch_program(file, pick_device(device))
        if file.suffix == ".onnx":
            return read_onnx_program(file)
    return Detector.load(file, device=device, trust_code=trust_code)
