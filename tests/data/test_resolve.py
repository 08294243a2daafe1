"""From what a user types to a data set."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.data.bindings import Binding
from bench.data.bound import BoundSet
from bench.data.dataset import Place
from bench.data.resolve import resolve_dataset
from bench.errors import BenchError, UnknownNameError

PLACE = Place(Path("/nowhere"))


def test_a_registered_name_with_options() -> None:
    found = resolve_dataset("gaussian", {}, {"count": 12, "seed": 3, "size": 8})
    assert found.name == "gaussian"
    images = found.load("test", PLACE)
    assert len(images) == 12
    assert images.identity != resolve_dataset("gaussian", {}, {"count": 12, "size": 8}).load("test", PLACE).identity


def test_a_bound_name_goes_before_a_registered_one() -> None:
    bindings = {"svhn": Binding("svhn", "npz", "x.npz")}
    assert isinstance(resolve_dataset("svhn", bindings, {}), BoundSet)
    assert not isinstance(resolve_dataset("svhn", {}, {}), BoundSet)


def test_what_is_typed_goes_before_the_file() -> None:
    bindings = {"svhn": Binding("svhn", "npz", "x.npz")}
    found = resolve_dataset("svhn=folder:/y", bindings, {})
    assert isinstance(found, BoundSet)
    assert found.binding == Binding("svhn", "folder", "/y")


def test_unknown_names_get_a_suggestion_from_registered_and_bound_ones() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'cifar10'"):
        resolve_dataset("cifra10", {}, {})
    with pytest.raises(UnknownNameError, match="Did you mean 'workshop'"):
        resolve_dataset("workshp", {"workshop": Binding("workshop", "npz", "x.npz")}, {})


def test_a_path_is_told_to_be_named(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=f"NAME=folder:{tmp_path}"):
        resolve_dataset(str(tmp_path), {}, {})
    file = tmp_path / "a.npz"
    file.touch()
    with pytest.raises(BenchError, match=f"NAME=npz:{file}"):
        resolve_dataset(str(file), {}, {})
    with pytest.raises(BenchError, match=r"has no name\. Give it one: NAME=imglist:a\.txt"):
        resolve_dataset("imglist:a.txt", {}, {})


def test_unknown_options_name_the_known_ones() -> None:
    with pytest.raises(
        UnknownNameError, match=r"option of gaussian 'counts'\. Did you mean 'count'.*count, normalized, seed, size"
    ):
        resolve_dataset("gaussian", {}, {"counts": 3})
    with pytest.raises(UnknownNameError, match=r"option of digits 'seed'.*Known: none"):
        resolve_dataset("digits", {}, {"seed": 3})
    with pytest.raises(UnknownNameError, match=r"option of mine=npz:x\.npz 'seed'"):
        resolve_dataset("mine=npz:x.npz", {}, {"seed": 3})
