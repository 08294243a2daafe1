"""Files of exported detectors: what is written, read again, checked and refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bench.data.images import ArrayImages, SubsetImages
from bench.detector import Detector, fit_detector
from bench.errors import BenchError, NonFiniteScoresError
from bench.export import write
from bench.export.exported import ExportedDetector
from bench.export.onnx_program import onnx_bytes
from bench.export.opened import open_detector
from bench.export.program import exportable_methods, require_exportable, set_threshold, trace
from bench.export.torch_program import write_torch_program
from bench.export.write import export_detector
from bench.method_contract import METHODS
from tests.export.conftest import TRANSFORM, checkpoint, split, validation

Make = Callable[[str], Detector]


@pytest.fixture
def written(detector_of: Make, tmp_path: Path) -> tuple[Detector, Path]:
    detector = detector_of("energy")
    export_detector(detector, validation(), tmp_path / "d.pt2")
    return detector, tmp_path / "d.pt2"


def test_a_file_is_opened_and_says_what_it_decides(written: tuple[Detector, Path], thousand: ArrayImages) -> None:
    detector, path = written
    found = open_detector(path, device="cpu")
    assert isinstance(found, ExportedDetector)
    assert np.array_equal(found.decide(thousand).is_id, detector.decide(thousand).is_id)
    told = found.description
    assert (told["method"], told["parameters"]) == ("energy", {"temperature": 1.0})
    assert told["classes"] == list("0123456789")
    assert found.transform == TRANSFORM
    assert told["weights_hash"] == checkpoint().weights_hash
    assert told["suite"]["threshold"] == detector.threshold
    assert 0 < detector.threshold - found.threshold < 1e-5 * np.ptp(detector.decide(validation()).scores)
    assert told["validation"]["images"] == told["suite"]["images"] == 200
    assert told["provenance"]["packages"]["torch"]


def test_any_number_of_images_goes_in(written: tuple[Detector, Path]) -> None:
    program = torch.export.load(written[1]).module()
    images = TRANSFORM.to_unit(split("test").pixels[:50])
    scores, is_id = program(images)
    assert (scores.dtype, is_id.dtype) == (torch.float64, torch.bool)
    ones = [program(image[None])[0] for image in images]
    torch.testing.assert_close(torch.cat(ones), scores, rtol=0, atol=1e-5)
    with pytest.raises((RuntimeError, AssertionError)):
        program(torch.zeros(2, 1, 17, 16))


def test_a_score_that_is_no_number_is_a_decision_for_ood(written: tuple[Detector, Path]) -> None:
    program = torch.export.load(written[1]).module()
    scores, is_id = program(torch.full((2, 1, 16, 16), torch.nan))
    assert scores.isnan().all()
    assert not is_id.any()
    with pytest.raises(NonFiniteScoresError):
        open_detector(written[1], device="cpu").decide(ArrayImages(np.full((2, 16, 16), np.nan, np.float32)))


@pytest.mark.parametrize("name", ["msp", "ash"])
def test_onnx_decides_alike(name: str, detector_of: Make, thousand: ArrayImages, tmp_path: Path) -> None:
    detector = detector_of(name)
    export_detector(detector, validation(), tmp_path / "d.onnx")
    found = open_detector(tmp_path / "d.onnx")
    assert isinstance(found, ExportedDetector)
    suite, decision = detector.decide(thousand), found.decide(thousand)
    assert np.array_equal(decision.is_id, suite.is_id)
    np.testing.assert_allclose(decision.scores, suite.scores, rtol=0, atol=1e-5 * np.ptp(suite.scores))
    assert found.description["method"] == name
    (tmp_path / "d.onnx").write_bytes(b"\x08\x08 nothing")
    with pytest.raises(BenchError, match="ONNX Runtime cannot run the model"):
        open_detector(tmp_path / "d.onnx")


def test_what_has_no_counterpart_in_onnx_is_said(detector_of: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise RuntimeError("aten.odd is not there\nand more")

    monkeypatch.setattr(torch.onnx, "export", refuse)
    with pytest.raises(BenchError, match=r"msp cannot be written as ONNX \(RuntimeError: aten.odd is not there\)"):
        onnx_bytes(trace(detector_of("msp")), "msp")


def test_other_validation_images_are_refused(detector_of: Make, tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"not the images that the detector's threshold was chosen on \(digits\)"):
        export_detector(detector_of("msp"), SubsetImages(split("test"), np.arange(199)), tmp_path / "d.pt2")
    with pytest.raises(BenchError, match=r"does not say what to write. Let it be \.pt2 or \.onnx"):
        export_detector(detector_of("msp"), validation(), tmp_path / "d.pth")


def test_a_program_that_decides_otherwise_is_not_written(
    detector_of: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write, "program_threshold", lambda *_: 0.0)
    with pytest.raises(BenchError, match=r"decides otherwise than the detector on \d+ of 200 validation images"):
        export_detector(detector_of("msp"), validation(), tmp_path / "d.pt2")
    assert not (tmp_path / "d.pt2").exists()


def test_methods_that_cannot_leave_are_named_with_those_that_can() -> None:
    assert {"msp", "energy", "max-logit", "confidence", "knn", "mahalanobis", "vim"} <= set(exportable_methods())
    with pytest.raises(BenchError, match=r"odin cannot be exported: .* export one of: ash, .*, vra\."):
        require_exportable(METHODS.get("odin")())
    spatial = fit_detector(checkpoint(), METHODS.get("ash")(spatial=True), validation())
    with pytest.raises(BenchError, match="ash cannot be exported with these parameters"):
        trace(spatial)


def test_damaged_and_foreign_programs_are_refused(written: tuple[Detector, Path], tmp_path: Path) -> None:
    detector, path = written
    content = path.read_bytes()
    path.write_bytes(content[:-300])
    with pytest.raises(BenchError, match=r"d\.pt2 is no whole program of torch\.export"):
        open_detector(path, device="cpu")
    program = trace(detector)
    set_threshold(program, 0.0)
    torch.export.save(program, tmp_path / "own.pt2")
    with pytest.raises(BenchError, match=r"own\.pt2 does not say what it decides"):
        open_detector(tmp_path / "own.pt2", device="cpu")
    write_torch_program(program, path, {"format": "oodbench program", "schema": 2})
    with pytest.raises(BenchError, match=r"newer oodbench \(schema 2\)"):
        open_detector(path, device="cpu")
    write_torch_program(program, path, {"format": "oodbench program", "schema": 1, "method": "msp"})
    with pytest.raises(BenchError, match="it lacks classes, parameters"):
        open_detector(path, device="cpu")


def test_json_is_opened_too(detector_of: Make, tmp_path: Path) -> None:
    checkpoint().save(tmp_path / "net.safetensors")
    detector_of("knn").save(tmp_path / "d.json", checkpoint=tmp_path / "net.safetensors")
    assert isinstance(open_detector(tmp_path / "d.json", device="cpu"), Detector)
    with pytest.raises(BenchError, match="Cannot read the detector"):
        open_detector(tmp_path / "nothing.pt2")
