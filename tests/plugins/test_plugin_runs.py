"""Runs with plugins: in keys and provenance, again when edited, and failing alone."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import Result

import bench
from bench.plugins import activate, active_paths, code_of
from bench.registry import registry
from bench.running.specification import RunSpecification
from bench.store import Store

Write = Callable[[str, str], Path]
Command = Callable[..., Result]

TOY = Path(__file__).with_name("toy_plugin.py").read_text(encoding="utf-8")
SETTINGS = ("--set", "recipe.epochs=1", "--device", "cpu")
PAIR = ("--id", "toy-shades", "--ood", "toy-noise", *SETTINGS)

PAGE = Path(__file__).resolve().parents[2] / "docs" / "plugins.md"
FIFTEEN_LINES, CLASS = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[:2]
"""What the page on plugins tells people to write."""


def run(out: str, method: Any, **options: Any) -> pd.DataFrame:
    return bench.run(
        method, id="toy-shades", ood="toy-noise", settings={"recipe.epochs": 1}, device="cpu", out=out, **options
    )


def records(out: str) -> dict[str, dict[str, Any]]:
    return {one["row"]["method"]: one for one in Store(Path(out)).records()}


def test_a_file_of_fifteen_lines_and_one_of_every_kind_run_in_a_table(write: Write, command: Command) -> None:
    assert len(FIFTEEN_LINES.splitlines()) <= 15
    margin, toy, mean = write("margin.py", FIFTEEN_LINES), write("toy.py", TOY), write("mean.py", CLASS)
    plugins = ("--plugin", margin, "--plugin", toy, "--plugin", mean)
    methods = ("--method", "margin", "--method", "toy-score", "--method", "msp", "--method", "mean-distance")
    done = command("run", *PAIR, *methods, *plugins, "--out", "o")
    assert done.exit_code == 0, done.output
    assert all(name in done.stdout for name in ("margin", "toy-score", "msp", "mean-distance", "toy-noise"))
    kept = records("o")
    network = kept["margin"]["cell"]
    assert network["network"] == "toy-net"
    assert (kept["margin"]["row"]["objective"], kept["toy-score"]["row"]["objective"]) == ("cross-entropy", "toy-loss")
    scores = Store(Path("o")).scores(kept["margin"]["key"])
    assert (len(scores.id_scores), len(scores.ood_scores)) == (40, 30)


def test_the_plugins_hash_is_in_the_key_and_the_provenance_of_what_it_made(write: Write) -> None:
    plugin = [write("margin.py", FIFTEEN_LINES), write("toy.py", TOY)]
    run("o", ["margin", "msp"], plugin=plugin)
    kept = records("o")
    assert kept["margin"]["cell"]["method_code"] == code_of(registry("method").get("margin"))
    assert "method_code" not in kept["msp"]["cell"]  # so that results of built-in methods keep their keys
    [margin, toy] = [
        {"file": str(path), "sha256": code} for path, code in zip(plugin, map(hash_of, plugin), strict=True)
    ]
    assert all(one in kept["margin"]["provenance"]["plugins"] for one in (margin, toy))
    checkpoint = next((Path.cwd() / "cache").glob("checkpoints/*/checkpoint.safetensors"))
    assert hash_of(plugin[1]).encode() in checkpoint.read_bytes()  # the architecture's code, in how it was trained


def hash_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_an_edited_method_is_computed_again_and_the_others_are_not(write: Write) -> None:
    plugin = [write("margin.py", FIFTEEN_LINES), write("toy.py", TOY)]
    run("o", ["margin", "msp"], plugin=plugin)
    before = records("o")
    write("margin.py", FIFTEEN_LINES.replace("ordered[:, -1] - ordered[:, -2]", "ordered[:, -2] - ordered[:, -1]"))
    frame = run("o", ["margin", "msp"], plugin=plugin)
    after = {row["method"]: row for row in frame.to_dict("records")}
    assert after["msp"]["key"] == before["msp"]["key"]
    assert after["margin"]["key"] != before["margin"]["key"]
    assert after["margin"]["auroc"] == pytest.approx(1 - before["margin"]["row"]["auroc"])


def test_an_edited_network_is_trained_again_and_an_edited_data_set_is_known_by_its_images(write: Write) -> None:
    path = write("toy.py", TOY)
    first = run("o", "msp", plugin=path)
    write("toy.py", TOY + "\n# a remark changes nothing, but who could tell\n")
    again = run("o", "msp", plugin=path)
    assert len(list((Path.cwd() / "cache").glob("checkpoints/*/checkpoint.safetensors"))) == 2
    assert first["auroc"].tolist() == again["auroc"].tolist()
    assert first["key"].tolist() != again["key"].tolist()
    write("toy.py", TOY.replace("default_rng(2)", "default_rng(3)"))
    other = run("o", "msp", plugin=path)
    kept = [one["cell"]["ood"][1] for one in Store(Path("o")).records()]
    assert len(set(kept)) == 2
    assert other["key"].tolist() not in (first["key"].tolist(), again["key"].tolist())


def test_outputs_extracted_with_an_edited_probe_are_not_taken_for_new_ones(write: Write) -> None:
    text = (
        "import bench\nfrom dataclasses import dataclass\n\n\n"
        "@dataclass(frozen=True)\nclass Spread(bench.Probe):\n    def __call__(self, seen):\n"
        "        return seen.images.std((1, 2, 3))\n\n\n"
        '@bench.method("spread")\nclass Contrast(bench.Method):\n'
        "    def probes(self):\n        return (Spread(),)\n\n"
        "    def score(self, outputs):\n        return outputs.probed[Spread()].astype(float)\n"
    )
    plugin = [write("toy.py", TOY), write("probe.py", text)]
    before = run("o", "spread", plugin=plugin)
    write("probe.py", text.replace("std((1, 2, 3))", "std((1, 2, 3)).neg()"))
    after = run("o", "spread", plugin=plugin)
    assert after["auroc"].item() == pytest.approx(1 - before["auroc"].item())
    assert before["auroc"].item() != 0.5


def test_a_method_that_raises_fails_only_its_own_cells(write: Write, command: Command) -> None:
    text = FIFTEEN_LINES.replace("    ordered =", '    raise KeyError("not today")\n    ordered =')
    plugins = ("--plugin", write("margin.py", text), "--plugin", write("toy.py", TOY))
    done = command("run", *PAIR, "--method", "margin", "--method", "msp", *plugins, "--out", "o", "--format", "json")
    assert done.exit_code == 1
    assert [row["method"] for row in json.loads(done.stdout)] == ["msp"]
    assert "FAILED margin on toy-shades / toy-noise: KeyError: 'not today'" in done.stderr
    [failure] = Store(Path("o")).failures()
    assert "margin.py" in failure["traceback"]


def test_scores_that_are_not_one_per_image_fail_with_their_shape(write: Write, command: Command) -> None:
    text = FIFTEEN_LINES.replace("return ordered[:, -1] - ordered[:, -2]", "return ordered")
    plugins = ("--plugin", write("margin.py", text), "--plugin", write("toy.py", TOY))
    done = command("run", *PAIR, "--method", "margin", *plugins, "--out", "o")
    assert done.exit_code == 2
    assert "The function margin gives an array of shape (40, 2) for 40 images" in done.stderr


def test_two_plugins_with_functions_of_one_name_are_not_mixed_up(write: Write) -> None:
    pattern = 'import bench\n\n\n@bench.method("{}")\ndef score(outputs):\n    return {}outputs.logits.max(axis=1)\n'
    plugin = [write("a.py", pattern.format("up", "")), write("b.py", pattern.format("down", "-")), write("t.py", TOY)]
    found = {row["method"]: row["auroc"] for row in run("o", ["up", "down"], plugin=plugin).to_dict("records")}
    assert found["up"] == pytest.approx(1 - found["down"])
    assert found["up"] != 0.5


def test_a_function_called_as_a_built_in_class_is_its_own_method(write: Write) -> None:
    text = 'import bench\n\n\n@bench.method("mine")\ndef MSP(outputs):\n    return -outputs.logits.max(axis=1)\n'
    plugin = [write("mine.py", text), write("toy.py", TOY)]
    found = {
        row["method"]: row["auroc"] for row in run("o", ["msp", "mine", "max-logit"], plugin=plugin).to_dict("records")
    }
    assert found["mine"] == pytest.approx(1 - found["max-logit"])


def test_broken_plugins_are_left_out_of_groups_and_refused_by_name(write: Write, command: Command) -> None:
    broken = write(
        "broken.py", 'import bench\nimport nowhere_lib\n\n\n@bench.method("margin-b")\ndef b(outputs): ...\n'
    )
    plugins = ("--plugin", broken, "--plugin", write("margin.py", FIFTEEN_LINES), "--plugin", write("toy.py", TOY))
    done = command("run", *PAIR, "--method", "margin*", *plugins, "--out", "o", "--format", "json")
    assert done.exit_code == 0, done.output
    assert [row["method"] for row in json.loads(done.stdout)] == ["margin"]
    assert "Left out: 'margin-b'" in done.stderr
    assert "No module named 'nowhere_lib'" in done.stderr
    refused = command("run", *PAIR, "--method", "margin-b", *plugins, "--out", "o")
    assert "'margin-b'" in str(refused.exception)


def test_a_specification_carries_the_paths_of_all_plugins(write: Write) -> None:
    margin, toy = write("margin.py", FIFTEEN_LINES), write("toy.py", TOY)
    activate(toy)
    specification = RunSpecification(method=("margin",), id="toy-shades", ood=("toy-noise",), plugin=(margin,))
    assert specification.plugin == active_paths() == (toy, margin)
    assert "margin" in registry("method")


def test_run_files_and_bench_toml_name_plugins_by_paths_from_their_own_folder(write: Write, command: Command) -> None:
    (Path.cwd() / "own").mkdir()
    write("own/margin.py", FIFTEEN_LINES)
    write(
        "own/run.toml",
        'plugin = "margin.py"\nmethod = "margin"\nid = "toy-shades"\nood = "toy-noise"\n[set.recipe]\nepochs = 1\n',
    )
    write("bench.toml", '[plugins]\nfiles = ["own/toy.py", "gone.py"]\n')
    write("own/toy.py", TOY)
    done = command("run", "own/run.toml", "--device", "cpu", "--out", "o", "--format", "json")
    assert done.exit_code == 0, done.output
    assert np.isfinite(json.loads(done.stdout)[0]["auroc"])
    assert "toy-shades" in command("list", "datasets").stdout
    listed = command("list", "plugins")
    assert "gone.py" in listed.stdout
    assert "There is no plugin file" in listed.stdout
