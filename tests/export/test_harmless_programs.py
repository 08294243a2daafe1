"""Programs that hold more than tensors are refused before anything in them is run."""

from __future__ import annotations

import contextlib
import io
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.export import Dim

from bench.detector import Detector, fit_detector
from bench.errors import BenchError
from bench.export.exported import ExportedDetector
from bench.export.harmless import why_harmful
from bench.export.opened import open_detector
from bench.export.write import export_detector
from bench.method_contract import METHODS
from bench.networks.classifier import build_network
from tests.export.conftest import checkpoint, validation
from tests.fuzz.hostile import mutated_bytes
from tests.fuzz.survive import budget, nothing_outside, survives

Change = Callable[[dict[str, bytes], Path], None]


class Touch:
    """A pickle of this makes a file when it is read."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.marker,)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The parts of a program of `bench export`, by name."""
    path = tmp_path_factory.mktemp("program") / "d.pt2"
    detector: Detector = fit_detector(checkpoint(), METHODS.get("msp")(), validation(), tpr=0.8, name="digits")
    export_detector(detector, validation(), path)
    with zipfile.ZipFile(path) as archive:
        return {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}


def packed(parts: dict[str, bytes], path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(f"d/{name}", content)
    return path


def edited(name: str, change: Callable[[Any], None]) -> Change:
    """A change of one of the JSON parts."""

    def edit(parts: dict[str, bytes], marker: Path) -> None:
        del marker
        tree = json.loads(parts[name])
        change(tree)
        parts[name] = json.dumps(tree).encode()

    return edit


MODEL = "models/model.json"
WEIGHTS = "data/weights/model_weights_config.json"
CONSTANTS = "data/constants/model_constants_config.json"


def first_node(tree: Any) -> Any:
    return tree["graph_module"]["graph"]["nodes"][0]


def pickled_weight(parts: dict[str, bytes], marker: Path) -> None:
    file = io.BytesIO()
    torch.save(Touch(marker), file)
    parts["data/weights/weight_0"] = file.getvalue()
    tree = json.loads(parts[WEIGHTS])
    for facts in tree["config"].values():
        facts["use_pickle"] = True
    parts[WEIGHTS] = json.dumps(tree).encode()


def pickled_inputs(parts: dict[str, bytes], marker: Path) -> None:
    file = io.BytesIO()
    torch.save((Touch(marker),), file)
    parts["data/sample_inputs/model.pt"] = file.getvalue()


def pickled_constant(parts: dict[str, bytes], marker: Path) -> None:
    parts["data/constants/opaque_obj_0"] = pickle.dumps(Touch(marker))
    tree = json.loads(parts[CONSTANTS])
    tree["config"]["threshold"] = {
        "path_name": "opaque_obj_0", "is_param": False, "use_pickle": True, "tensor_meta": None
    }  # fmt: skip
    parts[CONSTANTS] = json.dumps(tree).encode()


def evaluated(parts: dict[str, bytes], marker: Path) -> None:
    """An expression that the loader gives to sympy, which gives it to Python."""
    code = f"__import__('pathlib').Path('{marker}').touch() or Symbol('s34', positive=True, integer=True)"
    text = json.dumps("Symbol('s34', positive=True, integer=True)").encode()
    assert text in parts[MODEL]
    parts[MODEL] = parts[MODEL].replace(text, json.dumps(code).encode())


def legacy_weights(parts: dict[str, bytes], marker: Path) -> None:
    file = io.BytesIO()
    torch.save({"a": Touch(marker)}, file)
    parts["data/weights/model.pt"] = file.getvalue()


def other_name(tree: Any) -> None:
    tree["graph_module"]["graph"]["inputs"][0]["as_tensor"]["name"] = "x=print('run')"


ATTACKS: dict[str, Change] = {
    "a pickled weight": pickled_weight,
    "pickled inputs": pickled_inputs,
    "a pickled constant": pickled_constant,
    "an expression": evaluated,
    "weights in the old format": legacy_weights,
    "a compiled library": lambda parts, marker: parts.update({"data/aotinductor/model/model.so": b"\x7fELF"}),
    "a guard": edited(MODEL, lambda tree: tree.update(guards_code=["print('run')"])),
    "an operator that is Python's": edited(MODEL, lambda tree: first_node(tree).update(target="torch.os.system")),
    "an operator that makes files": edited(
        MODEL, lambda tree: first_node(tree).update(target="torch.ops.aten.from_file.default")
    ),
    "an operator of an extension": edited(MODEL, lambda tree: first_node(tree).update(target="#mine:run")),
    "a name that is code": edited(MODEL, other_name),
    "an argument that is imported": edited(
        MODEL,
        lambda tree: tree["graph_module"]["module_call_graph"][0]["signature"].update(
            in_spec='[1, {"type": "builtins.tuple", "context": "{\\"__enum__\\": true, \\"fqn\\": \\"this:x\\"}"}]'
        ),
    ),
}
WORKS = ("a pickled weight", "pickled inputs", "a pickled constant", "an expression", "weights in the old format")
"""Those that run code in this version of PyTorch when they are loaded, and not only when the program is run."""


@pytest.mark.parametrize("name", ATTACKS)
def test_programs_with_more_than_tensors_are_refused(tmp_path: Path, program: dict[str, bytes], name: str) -> None:
    parts, marker = dict(program), tmp_path / "marker"
    ATTACKS[name](parts, marker)
    with pytest.raises(BenchError, match="was refused and nothing in it was run: it has"):
        open_detector(packed(parts, tmp_path / "d.pt2"), device="cpu")
    assert not marker.exists()


@pytest.mark.parametrize("name", WORKS)
def test_the_attacks_work_where_nobody_looks(tmp_path: Path, program: dict[str, bytes], name: str) -> None:
    """Else the test above could not fail."""
    parts, marker = dict(program), tmp_path / "marker"
    ATTACKS[name](parts, marker)
    with contextlib.suppress(Exception):  # what was loaded is no program then; the harm is done
        torch.export.load(packed(parts, tmp_path / "d.pt2"))
    assert marker.exists()


def test_a_name_that_stands_twice_hides_nothing(tmp_path: Path, program: dict[str, bytes]) -> None:
    """What is looked at are the bytes and the reader that are loaded."""
    parts, marker = dict(program), tmp_path / "marker"
    pickled_inputs(parts, marker)
    path = packed(parts, tmp_path / "d.pt2")
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("d/data/sample_inputs/model.pt", program["data/sample_inputs/model.pt"])
    survives(lambda: open_detector(path, device="cpu"))
    assert not marker.exists()


def test_what_is_packed_again_is_opened(tmp_path: Path, program: dict[str, bytes]) -> None:
    assert isinstance(open_detector(packed(program, tmp_path / "d.pt2"), device="cpu"), ExportedDetector)


class Parts(nn.Module):
    """A network whose outputs are a plain tuple, as a program's are."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        logits, features, _ = self.network(images)
        return logits, features


@pytest.mark.parametrize("name", ["resnet20", "vgg13"])
def test_other_networks_are_harmless(name: str) -> None:
    """Exported alone, since a whole detector takes longer."""
    network = Parts(build_network(name, 10, channels=3)).eval().requires_grad_(False)
    found = torch.export.export(
        network, (torch.zeros(2, 3, 32, 32),), dynamic_shapes=({0: Dim("batch", min=1)},), strict=False
    )
    file = io.BytesIO()
    torch.export.save(found, file)
    assert why_harmful(file.getvalue()) == ""


@budget(25)
@given(data=st.data())
def test_changed_programs(tmp_path: Path, program: dict[str, bytes], data: st.DataObject) -> None:
    parts = dict(program)
    name = data.draw(st.sampled_from([MODEL, WEIGHTS, CONSTANTS, "extra/detector.json", "archive_version", "version"]))
    parts[name] = data.draw(mutated_bytes(parts.get(name, b"1")))
    path = packed(parts, tmp_path / "d.pt2")
    with nothing_outside(tmp_path):
        survives(lambda: open_detector(path, device="cpu"))
