"""The cache at an address: what one machine has made the others fetch, and damage or a lost store stops nobody."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.address import Address
from bench.remote import SharedCache
from bench.remote.bucket import Bucket
from bench.remote.shared_cache import FACTS

from .conftest import Line

Machine = Callable[[str], Path]


def made_at(path: Path) -> Path:
    """A folder of outputs, as far as the shared cache looks at it."""
    path.mkdir(parents=True)
    (path / "logits.npy").write_bytes(b"numbers")
    (path / FACTS).write_bytes(b"{}")
    return path


def test_what_one_machine_made_others_fetch(bucket: str, machine: Machine) -> None:
    one, two = (SharedCache(Address.parse(bucket)) for _ in range(2))
    folder, file = made_at(machine("one") / "outputs" / "x"), machine("one") / "checkpoints" / "y" / "z.safetensors"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"weights")
    one.put(folder)
    one.put(file)
    here = machine("two")
    for path in (here / "outputs" / "x", here / "checkpoints" / "y" / "z.safetensors"):
        with two.claim(path) or pytest.fail("another has it"):
            assert path.exists()
    assert (here / "outputs" / "x" / "logits.npy").read_bytes() == b"numbers"


def test_one_machine_makes_what_is_not_there(bucket: str, machine: Machine) -> None:
    one, two = (SharedCache(Address.parse(bucket)) for _ in range(2))
    path = machine("one") / "outputs" / "x"
    with one.claim(path) or pytest.fail("another has it"):
        assert not path.exists()
        assert two.claim(path) is None
    with two.claim(path) or pytest.fail("another has it"):
        assert not path.exists()


def test_a_folder_without_its_facts_is_not_whole(bucket: str, machine: Machine) -> None:
    objects, path = Bucket(Address.parse(bucket)), machine("one") / "outputs" / "x"
    objects.write("outputs/x/logits.npy", b"numbers")
    objects.write("outputs/x/../../evil", b"")
    with SharedCache(Address.parse(bucket)).claim(path) or pytest.fail("another has it"):
        assert not path.exists()
    objects.write(f"outputs/x/{FACTS}", b"{}")
    with SharedCache(Address.parse(bucket)).claim(path) or pytest.fail("another has it"):
        assert sorted(one.name for one in path.iterdir()) == [FACTS, "logits.npy"]


def test_what_was_damaged_there_is_not_fetched_again(bucket: str, machine: Machine) -> None:
    """Whoever finds it damaged puts it aside and asks again: then it is to be made, and put there instead."""
    shared, path = SharedCache(Address.parse(bucket)), machine("one") / "checkpoints" / "y" / "z.safetensors"
    Bucket(Address.parse(bucket)).write("checkpoints/y/z.safetensors", b"damaged")
    with shared.claim(path) or pytest.fail("another has it"):
        path.unlink()
    with shared.claim(path) or pytest.fail("another has it"):
        assert not path.exists()
        path.write_bytes(b"whole")
        shared.put(path)
    assert Bucket(Address.parse(bucket)).read("checkpoints/y/z.safetensors") == b"whole"


def test_without_the_store_each_machine_makes_its_own(
    bucket: str, line: Line, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    shared, path = SharedCache(Address.parse(bucket)), machine("one") / "outputs" / "x"
    line.cut()
    with shared.claim(path) or pytest.fail("another has it"):
        assert not path.exists()
    shared.put(made_at(path))
    assert capsys.readouterr().err.count("Could not connect") == 1
