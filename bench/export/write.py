"""From a detector to a file that runs without this project."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch.export import ExportedProgram

from bench.data.images import Images
from bench.detector import Decision, Detector
from bench.errors import BenchError

from .agreement import program_threshold
from .description import describe_program
from .exported import ExportedDetector, Run, run_over
from .onnx_program import onnx_bytes, onnx_run, write_onnx_program
from .program import set_threshold, trace
from .torch_program import torch_run, write_torch_program

SUFFIXES = (".pt2", ".onnx")


def export_detector(detector: Detector, images: Images, path: str | Path) -> ExportedDetector:
    """Write network, score and threshold of a detector as one program to `path`, which ends in `.pt2` or `.onnx`.

    `images` are the validation images that its threshold was chosen on. The program's threshold is set so that it
    decides on each of them as the detector does, which is then checked. Raises `BenchError` for a method that cannot be
    exported, for other images, and where the decisions cannot be made equal.
    """
    target = checked_target(path)
    if images.identity != detector.validation["identity"]:
        raise BenchError(
            f"These are not the images that the detector's threshold was chosen on ({detector.validation['name']}). "
            "Export it with those."
        )
    as_onnx = target.suffix == ".onnx"
    program, suite = trace(detector), detector.decide(images)
    scores, _ = run_over(_run(program, detector, as_onnx), images, detector.checkpoint.transform)
    threshold = program_threshold(scores, suite.is_id, suite.scores)
    set_threshold(program, threshold)
    differences = {"images": len(images), "largest_difference": float(np.abs(scores - suite.scores).max())}
    description = describe_program(detector, threshold, differences)
    if as_onnx:
        content = onnx_bytes(program, detector.method.name, description)
        exported = ExportedDetector(onnx_run(content), description)
        _require_equal(suite, exported.decide(images))
        write_onnx_program(content, target)
    else:
        exported = ExportedDetector(torch_run(program, torch.device("cpu")), description)
        _require_equal(suite, exported.decide(images))
        write_torch_program(program, target, description)
    return exported


def checked_target(path: str | Path) -> Path:
    """`path` if its ending says what is to be written. Raises `BenchError` otherwise."""
    target = Path(path)
    if target.suffix not in SUFFIXES:
        raise BenchError(f"The ending of {target} does not say what to write. Let it be {' or '.join(SUFFIXES)}.")
    return target


def _run(program: ExportedProgram, detector: Detector, as_onnx: bool) -> Run:
    if as_onnx:
        return onnx_run(onnx_bytes(program, detector.method.name))
    return torch_run(program, torch.device("cpu"))


def _require_equal(suite: Decision, program: Decision) -> None:
    different = suite.is_id != program.is_id
    if different.any():
        raise BenchError(
            f"The exported program decides otherwise than the detector on {int(different.sum())} of {different.size:,} "
            "validation images. Choose a slightly different --tpr."
        )
