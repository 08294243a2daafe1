"""oodbench: benchmark out-of-distribution detection.

The public names are loaded when they are first used, so that `import bench` costs no import of torch.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench import metrics, plugins
    from bench.citation import Citation
    from bench.data.dataset import DataSet, Place, dataset
    from bench.data.images import ArrayImages, Images
    from bench.data.transform import InputTransform
    from bench.detector import Detector, fit_detector
    from bench.errors import BenchError, MissingDataError
    from bench.export.write import export_detector
    from bench.extraction.constant import Constant
    from bench.extraction.outputs import Outputs
    from bench.extraction.probe import Probe, Seen
    from bench.extraction.view import InputLoss, View
    from bench.fitting.data import Facts, FitData, Head
    from bench.method_contract import Method, Scores, method
    from bench.method_file import load_method, save_method
    from bench.networks.classifier import Classifier, NetworkOutput, network
    from bench.predictions.api import misclassification
    from bench.running.api import run
    from bench.running.evaluate import evaluate
    from bench.training.objective import Objective, objective

_root = Path(__file__).resolve().parent
if not (_root / "methods").is_dir() and (_root.parent / "methods").is_dir():
    # A checkout keeps methods/, datasets/ and reports/ beside bench/; a wheel has them inside.
    __path__.append(str(_root.parent))

__version__ = "0.1.0"

_PUBLIC = {
    "ArrayImages": "bench.data.images",
    "BenchError": "bench.errors",
    "Citation": "bench.citation",
    "Classifier": "bench.networks.classifier",
    "Constant": "bench.extraction.constant",
    "DataSet": "bench.data.dataset",
    "Detector": "bench.detector",
    "Facts": "bench.fitting.data",
    "FitData": "bench.fitting.data",
    "Head": "bench.fitting.data",
    "Images": "bench.data.images",
    "InputLoss": "bench.extraction.view",
    "InputTransform": "bench.data.transform",
    "Method": "bench.method_contract",
    "MissingDataError": "bench.errors",
    "NetworkOutput": "bench.networks.classifier",
    "Objective": "bench.training.objective",
    "Outputs": "bench.extraction.outputs",
    "Place": "bench.data.dataset",
    "Probe": "bench.extraction.probe",
    "Scores": "bench.method_contract",
    "Seen": "bench.extraction.probe",
    "View": "bench.extraction.view",
    "dataset": "bench.data.dataset",
    "evaluate": "bench.running.evaluate",
    "export_detector": "bench.export.write",
    "fit_detector": "bench.detector",
    "load_method": "bench.method_file",
    "method": "bench.method_contract",
    "misclassification": "bench.predictions.api",
    "network": "bench.networks.classifier",
    "objective": "bench.training.objective",
    "run": "bench.running.api",
    "save_method": "bench.method_file",
}

__all__ = [
    "ArrayImages",
    "BenchError",
    "Citation",
    "Classifier",
    "Constant",
    "DataSet",
    "Detector",
    "Facts",
    "FitData",
    "Head",
    "Images",
    "InputLoss",
    "InputTransform",
    "Method",
    "MissingDataError",
    "NetworkOutput",
    "Objective",
    "Outputs",
    "Place",
    "Probe",
    "Scores",
    "Seen",
    "View",
    "dataset",
    "evaluate",
    "export_detector",
    "fit_detector",
    "load_method",
    "method",
    "metrics",
    "misclassification",
    "network",
    "objective",
    "plugins",
    "run",
    "save_method",
]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    if name in ("metrics", "plugins"):
        return import_module(f"bench.{name}")
    raise AttributeError(f"module 'bench' has no attribute '{name}'")
