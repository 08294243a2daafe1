"""What is kept of a plugin's method, a detector or the fitted method alone, is refused once its code has changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from bench.errors import BenchError
from bench.export.from_run import method_of
from bench.method_contract import METHODS
from bench.method_file import load_method, save_method
from bench.plugins import activate
from bench.store import Store

Write = Callable[[str, str], Path]
Command = Callable[..., Result]

TOY = Path(__file__).with_name("toy_plugin.py").read_text(encoding="utf-8")
MARGIN = 'import bench\n\n\n@bench.method("widest")\ndef widest(outputs):\n    return outputs.logits.max(axis=1)\n'


def test_a_detector_serves_until_the_code_of_its_method_or_network_changes(write: Write, command: Command) -> None:
    plugins = ("--plugin", write("toy.py", TOY), "--plugin", write("margin.py", MARGIN))
    trained = command(
        "train", *plugins[:2], "--id", "toy-shades", "--set", "recipe.epochs=1", "--out", "net.safetensors"
    )
    assert trained.exit_code == 0, trained.output
    made = command(
        *("threshold", *plugins, "--method", "widest", "--id", "toy-shades", "--checkpoint", "net.safetensors"),
        *("--out", "detector.json", "--device", "cpu"),
    )
    assert made.exit_code == 0, made.output
    assert "OOD" in command("detect", "detector.json", "toy-noise", *plugins).stdout
    for name, text in (("margin.py", MARGIN), ("toy.py", TOY)):
        write(name, text + "# edited\n")
        refused = str(command("detect", "detector.json", "toy-noise", *plugins).exception)
        assert "with other code of the plugin that brings" in refused
        assert "Fit the detector again" in refused
        write(name, text)
    assert command("detect", "detector.json", "toy-noise", *plugins).exit_code == 0


def test_a_saved_method_and_a_run_of_edited_code_are_refused(write: Write, command: Command) -> None:
    path = write("margin.py", MARGIN)
    activate(path)
    save_method(METHODS.get("widest")(), "kept.safetensors")
    assert load_method("kept.safetensors").name == "widest"
    pair = ("--id", "toy-shades", "--ood", "toy-noise", "--set", "recipe.epochs=1", "--device", "cpu", "--out", "o")
    done = command("run", *pair, "--method", "widest", "--plugin", write("toy.py", TOY), "--plugin", path)
    assert done.exit_code == 0, done.output
    [record] = Store(Path("o")).records()
    assert method_of(record).name == "widest"
    write("margin.py", MARGIN.replace("max", "min"))
    activate(path)
    refusing: list[tuple[Callable[[], Any], str]] = [
        (lambda: load_method("kept.safetensors"), "Fit the method again"),
        (lambda: method_of(record), "Run it again"),
    ]
    for refuse, remedy in refusing:
        with pytest.raises(BenchError, match=f"other code of the plugin that brings widest. {remedy}"):
            refuse()
