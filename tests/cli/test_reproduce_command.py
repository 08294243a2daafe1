"""`bench reproduce` from the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Called = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["devries2018-tabel1"], "Did you mean 'devries2018-table1'?"),
        (["devries2018-table1", "--rows", "vgg13/cifr10/isun"], "The nearest is 'vgg13/cifar10/isun'."),
        (["devries2018-table1", "--network", "resnet2"], "Did you mean 'resnet20'?"),
        (["devries2018-table1", "--recipe", "quik"], "Did you mean 'quick'?"),
        (["odin2018-table2", "--option", "noise"], "Known: noise-unnormalized."),
        (["devries2018-table1", "--set", "isum.x=1"], "Did you mean 'isun'?"),
        (["devries2018-table1", "--bind", "svhn"], "Cannot read the binding 'svhn'"),
        (["nowhere.toml"], "There is no file nowhere.toml"),
    ],
)
@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
def test_bad_input_is_one_message_and_exit_code_2(
    arguments: list[str],
    words: str,
    dry: list[str],
    called: Called,
) -> None:
    code, out, err = called("reproduce", *arguments, *dry)
    assert code == 2
    assert words in err
    assert "Traceback" not in err
    assert out == ""


def test_where_nothing_can_be_run_the_reasons_are_told(called: Called) -> None:
    code, _, err = called("reproduce", "devries2018-table1", "--data", "nowhere")
    assert code == 2
    assert "Nothing that is asked for can be run.\nSVHN is not at hand" in err


def test_a_table_is_printed_and_written(tmp_path: Path) -> None:
    table = """
title = "Digits"
recipe = "smoke"
protocol = "paper-holdout"
citation = { title = "T", authors = "A", year = 2020 }
names = { convnet = "ConvNet" }
methods = [{ key = "baseline", title = "Baseline", method = "msp" }]
columns = [{ metric = "auroc", title = "AUROC", higher_is_better = true }]
rows = [{ network = "convnet", id = "digits-0to6", ood = ["digits-7to9"] }]
"""
    (tmp_path / "own.toml").write_text(table, encoding="utf-8")
    header = "source,table,model,id_dataset,ood_dataset,method,metric,value,std,note\n"
    (tmp_path / "own.csv").write_text(header, encoding="utf-8")
    command = [sys.executable, "-m", "bench", "reproduce", "own.toml", "--set", "recipe.epochs=1"]
    root = Path(__file__).parents[2]
    env = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("# Digits\n")
    assert "| measured, 1 seed |" in done.stdout
    assert (tmp_path / "runs" / "own" / "own.md").read_text(encoding="utf-8") == done.stdout
    assert (tmp_path / "runs" / "own" / "own.tex").exists()
