"""A fitted method as a file: every method scores as before, and what cannot be meant is refused."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bench.canonical import canonical_json
from bench.errors import BenchError
from bench.extraction.constant import Constant
from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData
from bench.method_contract import METHODS, Method, Scores, method
from bench.method_file import FORMAT, load_method, save_method
from bench.state_tree import Reader, Writer
from tests.methods.cases import made_for


@pytest.mark.parametrize("name", METHODS.names())
def test_every_method_scores_as_before(name: str, tmp_path: Path) -> None:
    fitted = METHODS.get(name)()
    made = made_for(fitted)
    save_method(fitted, tmp_path / "method.safetensors")
    read = load_method(tmp_path / "method.safetensors")
    assert type(read) is type(fitted)
    assert read.parameters() == fitted.parameters()
    assert set(read.state()) == set(fitted.state())
    assert (read.view(), read.probes(), read.further_views()) == (
        fitted.view(),
        fitted.probes(),
        fitted.further_views(),
    )
    for outputs in (made.id, made.ood):
        assert read.score(outputs.take(slice(None))).tobytes() == fitted.score(outputs.take(slice(None))).tobytes()


def test_parameters_come_back(tmp_path: Path) -> None:
    fitted = METHODS.get("she")(metric="cosine")
    made = made_for(fitted)
    save_method(fitted, tmp_path / "she")
    read = load_method(tmp_path / "she")
    assert read.parameters() == {"metric": "cosine"}
    assert (read.score(made.id) == fitted.score(made.id)).all()
    assert not (read.score(made.id) == METHODS.get("she")().fit(made.data).score(made.id)).all()


def test_an_array_is_kept_once_and_nothing_is_pickled(tmp_path: Path) -> None:
    fitted = METHODS.get("mahalanobis-odin")()
    made_for(fitted)
    twice = {"a": fitted.state()["classes"], "b": fitted.state()["classes"]}
    writer = Writer("here")
    writer.write(twice, "x")
    assert len(writer.arrays) == 3
    save_method(fitted, tmp_path / "method")
    content = (tmp_path / "method").read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
    assert len(content) == 8 + length + max(ends), "the file is the header and the arrays, and nothing else"


def test_what_was_not_fitted_is_not_saved(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="knn has not been fitted"):
        save_method(METHODS.get("knn")(), tmp_path / "knn")
    assert not (tmp_path / "knn").exists()


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    fitted = METHODS.get("vim")()
    made_for(fitted)
    save_method(fitted, tmp_path / "vim.safetensors")
    return tmp_path / "vim.safetensors"


def test_every_damaged_byte_is_noticed(saved: Path) -> None:
    content = saved.read_bytes()
    for place in np.linspace(0, len(content) - 1, 60).astype(int):
        changed = bytearray(content)
        changed[place] ^= 1
        saved.write_bytes(changed)
        with pytest.raises(BenchError, match=r"vim\.safetensors"):
            load_method(saved)


def test_truncated_and_foreign_files_are_refused(saved: Path) -> None:
    content = saved.read_bytes()
    for length in (0, 4, 30, len(content) - 1):
        saved.write_bytes(content[:length])
        with pytest.raises(BenchError, match="no whole file of a fitted method"):
            load_method(saved)
    with pytest.raises(BenchError, match="no fitted method at"):
        load_method(saved.parent / "nothing")
    from safetensors.numpy import save_file

    save_file({"a": np.zeros(2)}, saved)
    with pytest.raises(BenchError, match="not a fitted method but another safetensors file"):
        load_method(saved)


def rewritten(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """The file with its description changed, and the checksum made to agree again."""
    from safetensors import safe_open
    from safetensors.numpy import save_file

    from bench.method_file import _checksum

    with safe_open(path, framework="numpy") as file:
        described = json.loads(file.metadata()[FORMAT])
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    change(described)
    described.pop("checksum", None)
    described["checksum"] = _checksum(described, arrays)
    save_file(arrays, path, metadata={FORMAT: canonical_json(described)})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda found: found.update(schema=2), r"newer oodbench \(schema 2\)"),
        (lambda found: found.update(method_version=0), "holds version 0 of vim, whose scores differ"),
        (lambda found: found.update(method="vimm"), "Did you mean 'vim'"),
        (lambda found: found.pop("parameters"), "it lacks parameters"),
        (lambda found: found.update(parameters={"dimm": 3}), "dimm"),
        (lambda found: found["state"]["space"].update(record=["os", "system"]), "neither the method nor oodbench"),
        (lambda found: found["state"]["space"].update(record=["bench.seeds", "derived_seed"]), "there is no record"),
        (lambda found: found["state"]["space"].update(record=[".", "Path"]), "there is no record"),
        (lambda found: found["state"]["space"]["fields"].pop("origin"), "does not hold what vim learns"),
        (lambda found: found["state"].update(alpha={"call": "print"}), "does not hold what vim learns"),
    ],
)
def test_a_file_that_says_something_else_is_refused(saved: Path, change: Any, message: str) -> None:
    rewritten(saved, lambda found: None)
    load_method(saved)
    rewritten(saved, change)
    with pytest.raises(BenchError, match=message):
        load_method(saved)


@dataclass(frozen=True)
class Pair:
    first: Any
    second: Any


PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text()


@given(
    st.recursive(
        PLAIN,
        lambda inner: (
            st.lists(inner)
            | st.lists(inner).map(tuple)
            | st.dictionaries(st.text() | st.integers(), inner)
            | st.builds(Pair, inner, inner)
        ),
        max_leaves=8,
    )
)
def test_plain_values_come_back(value: Any) -> None:
    writer = Writer(__name__)
    data = json.loads(canonical_json(writer.write(value, "x")))
    assert repr(Reader(__name__, writer.arrays).read(data)) == repr(value)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.arange(6.0).reshape(2, 3).T,
        np.asfortranarray(np.arange(24, dtype=np.int32).reshape(2, 3, 4)),
        np.arange(12.0).reshape(3, 4)[:, 1:3],
        np.arange(12.0).reshape(3, 4)[::-1, ::2],
        np.array([np.nan, np.inf, -0.0], np.float32),
        np.zeros((0, 3), np.float32),
        np.array(3.5),
        np.array([True, False]),
        np.arange(3, dtype=">f4"),
    ],
    ids=range(10),
)
def test_arrays_come_back_with_their_order_in_memory(array: np.ndarray[Any, Any]) -> None:
    writer = Writer("here")
    values = (array, Constant(array), array.ravel()[0] if array.size else None)
    data = json.loads(canonical_json(writer.write(values, "x")))
    read, constant, scalar = Reader("here", writer.arrays).read(data)
    np.testing.assert_array_equal(read, array)
    assert read.shape == array.shape
    assert read.dtype == array.dtype.newbyteorder("=")
    if array.size and min(array.strides, default=1) > 0:
        assert np.argsort(read.strides).tolist() == np.argsort(array.strides).tolist()
    assert constant == Constant(np.ascontiguousarray(array.astype(read.dtype)).reshape(array.shape))
    assert repr(scalar) == repr(None if not array.size else read.ravel()[0])


def test_tensors_and_slices_come_back() -> None:
    writer = Writer("here")
    data = writer.write([torch.arange(3.0), slice(1, None, 2), np.float32(2)], "x")
    tensor, part, number = Reader("here", writer.arrays).read(data)
    assert torch.equal(tensor, torch.arange(3.0))
    assert part == slice(1, None, 2)
    assert (type(number), number) == (np.float32, 2)


@method("keeper")
class Keeper(Method):
    """Learns what no file can keep."""

    def fit(self, data: FitData) -> Self:
        self.way_: Any = {"how": [lambda: None]}
        return self

    def score(self, outputs: Outputs) -> Scores:
        return np.zeros(len(outputs))


def test_what_cannot_be_kept_is_named(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"keeper\.way_\['how'\]\[0\] is a function, which cannot be kept"):
        save_method(Keeper().fit(FitData()), tmp_path / "keeper")
    with pytest.raises(BenchError, match="x is an array of object"):
        Writer("here").write(np.array([None]), "x")
    with pytest.raises(BenchError, match="x is a set"):
        Writer("here").write({1, 2}, "x")
