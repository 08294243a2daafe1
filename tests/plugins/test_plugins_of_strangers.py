"""A folder of someone else's, whose bench.toml names a plugin: its code runs when one of its names is asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from typer.testing import Result

from bench.networks.classifier import build_network

Write = Callable[[str, str], Path]
Command = Callable[..., Result]

EVIL = """import bench
from pathlib import Path

Path("ran").touch()


@bench.method("evil")
def evil(outputs):
    return outputs.logits[:, 0]


@bench.dataset("evil-set")
class EvilSet(bench.DataSet): ...


@bench.network("evil-network")
class EvilNetwork(bench.Classifier): ...
"""
PROJECT = '[plugins]\nfiles = ["evil.py"]\n'


@pytest.fixture
def folder(write: Write, tmp_path: Path) -> Path:
    write("evil.py", EVIL)
    write("bench.toml", PROJECT)
    return tmp_path


@pytest.mark.parametrize(
    "arguments",
    [
        *(f"list {kind}" for kind in ("methods", "datasets", "networks", "objectives", "plugins", "suites", "reports")),
        *("describe method msp", "describe dataset digits", "describe plugin evil.py", "data list", "data status"),
        *("data path", "data verify", "doctor", "list nothing", "describe method ewil", "run --help", "table gone"),
        *(
            "run --method msp --id digits --ood glyphs --network nothing",
            "metrics gone.npy gone.npy",
            "check msp --list",
        ),
        *("detect --detector gone.json --images x=folder:.", "train --id digits --network nothing"),
    ],
)
def test_other_commands_run_nothing_of_it(folder: Path, command: Command, arguments: str) -> None:
    command(*arguments.split())
    assert not (folder / "ran").exists()


def test_a_checkpoint_whose_network_is_looked_for_runs_nothing_of_it(folder: Path, command: Command) -> None:
    network = build_network("convnet", 10, channels=1)
    torch.save(network.state_dict(), folder / "a.pt")
    command("run", "--method", "msp", "--id", "digits", "--ood", "glyphs", "--checkpoint", "a.pt", "--data", "none")
    assert not (folder / "ran").exists()


@pytest.mark.parametrize(
    "arguments", ["describe method evil", "describe dataset evil-set", "data list --plugin evil.py"]
)
def test_who_names_it_runs_it(folder: Path, command: Command, arguments: str) -> None:
    """Else the test above could not fail."""
    command(*arguments.split())
    assert (folder / "ran").exists()


@pytest.mark.parametrize(
    "name", ["../../evil", "/evil", "a/b", "a\\\\b", "..", ".hidden", "-x", "con", "NUL.txt", "evil\\n", "сifar10",
             "x" * 200, "", "\\u202eevil", "<script>", "a\\0b", "evil."]
)  # fmt: skip
def test_names_that_are_no_names_are_listed_as_broken_and_never_run(
    write: Write, command: Command, tmp_path: Path, name: str
) -> None:
    write("evil.py", EVIL.replace('"evil"', f'"{name}"'))
    listed = command("list", "methods", "--plugin", "evil.py")
    assert listed.exit_code == 0
    assert "cannot name a method" in listed.stdout
    assert "\x00" not in listed.stdout
    assert "\u202e" not in listed.stdout
    assert not (tmp_path / "ran").exists()
