"""Plugins on the command line: listed with their origin, or with what is wrong with them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Write = Callable[[str, str], Path]
Command = Callable[..., Result]

GOOD = '''import bench


@bench.method("good", needs=("features",), citation=bench.Citation("A score", "A. Author", 2026))
def good(outputs, power=2.0):
    """Long features are in-distribution."""
    return (outputs.features ** power).sum(axis=1)
'''


def rows(result: Result) -> dict[str, dict[str, str]]:
    assert result.exit_code == 0, result.output
    return {one["name"]: one for one in json.loads(result.stdout)}


def test_a_plugins_method_is_listed_and_described_with_its_origin(write: Write, command: Command) -> None:
    path = write("good.py", GOOD)
    assert rows(command("list", "methods", "--plugin", path, "--format", "json"))["good"] == {
        "name": "good", "summary": "Long features are in-distribution.", "broken": ""
    }  # fmt: skip
    told = command("describe", "method", "good", "--plugin", path).stdout
    assert f"defined in  {path}:5" in told
    assert "plugin      plugin file" in told
    assert "paper       A. Author (2026). A score." in told
    assert "group       features:" in told
    assert "parameters  power = 2.0" in told
    assert "plugin" not in command("describe", "method", "msp").stdout


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('@bench.method("bad")\ndef bad(outputs:\n', "SyntaxError"),
        ('import nowhere_lib\n@bench.method("bad")\ndef bad(outputs): ...\n', "No module named 'nowhere_lib'"),
        ('from nowhere_lib.inner import x\n@bench.method("bad")\ndef bad(outputs): ...\n', "'nowhere_lib'"),
    ],
    ids=["syntax", "import", "import from"],
)
def test_a_broken_plugin_is_listed_with_its_reason_and_stops_nothing_else(
    write: Write, command: Command, text: str, why: str
) -> None:
    plugins = ("--plugin", write("bad.py", f"import bench\n{text}"), "--plugin", write("good.py", GOOD))
    listed = rows(command("list", "methods", *plugins, "--format", "json"))
    assert why in listed["bad"]["broken"]
    assert listed["bad"]["summary"] == f"broken: {listed['bad']['broken']}"
    assert (listed["good"]["broken"], listed["msp"]["broken"]) == ("", "")
    assert f"broken: {listed['bad']['broken']}" in command("list", "methods", *plugins).stdout
    assert why in command("list", "plugins", *plugins).stdout
    assert command("describe", "method", "good", *plugins).exit_code == 0
    assert why in str(command("describe", "method", "bad", *plugins).exception)


@pytest.mark.parametrize(
    ("text", "why"), [("x = (\n", "SyntaxError"), ("def f(): ...\n", "registers nothing"), ("", "registers nothing")]
)
def test_a_plugin_without_a_name_is_warned_of_and_listed(write: Write, command: Command, text: str, why: str) -> None:
    path = write("bad.py", text)
    listed = command("list", "methods", "--plugin", path)
    assert listed.exit_code == 0
    assert f"Warning: The plugin {path} is broken: " in listed.stderr
    assert why in listed.stderr
    assert why in rows(command("list", "plugins", "--plugin", path, "--format", "json"))[str(path)]["broken"]
    assert why in command("describe", "plugin", "bad.py", "--plugin", path).stdout


@pytest.mark.parametrize("text", ["x = (\n", '@bench.method("bad")\ndef bad(outputs:\n'])
def test_a_broken_plugin_that_was_named_is_warned_of_by_any_command(write: Write, command: Command, text: str) -> None:
    path = write("bad.py", text)
    told = command("describe", "method", "msp", "--plugin", path, "--plugin", write("good.py", GOOD))
    assert told.exit_code == 0
    assert told.stderr.startswith(f"Warning: The plugin {path} is broken: SyntaxError")
    assert "good.py" not in told.stderr


def test_a_clash_is_listed_with_both_origins_and_refused_by_name(write: Write, command: Command) -> None:
    first, second = write("a.py", GOOD), write("b.py", GOOD)
    plugins = ("--plugin", first, "--plugin", second)
    why = rows(command("list", "methods", *plugins, "--format", "json"))["good"]["broken"]
    assert "Two methods are called 'good'" in why
    assert f"{first}:5" in why
    assert f"{second}:5" in why
    assert str(command("describe", "method", "good", *plugins).exception) == why
    assert command("describe", "method", "msp", *plugins).exit_code == 0
    assert command("describe", "dataset", "digits", *plugins).exit_code == 0


def test_an_unknown_name_gets_the_plugins_name_that_was_meant(write: Write, command: Command) -> None:
    done = command("describe", "method", "godo", "--plugin", write("good.py", GOOD))
    assert "Did you mean 'good'?" in str(done.exception)


@pytest.mark.parametrize(
    "arguments",
    [
        *("run", "train", "list", "describe", "threshold", "misclassification", "ablate", "reproduce", "detect", "toy"),
        *("data list", "data status", "data fetch", "data verify", "doctor", "metrics", "table", "plot"),
    ],
)
def test_every_command_that_takes_names_takes_plugins(command: Command, arguments: str) -> None:
    assert "--plugin" in command(*arguments.split(), "--help").stdout


def test_a_missing_file_is_said_before_anything_else(command: Command) -> None:
    done = command("run", "--plugin", "gone.py", "--method", "nothing")
    assert "There is no plugin file" in str(done.exception)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("plugins = 3\n", "must be a table"),
        ('[plugins]\nfiles = "a.py"\n', "must be a table"),
        ("[plugins]\nfiles = [3]\n", "must be paths in quotes"),
        ('[plugins]\nfile = ["a.py"]\n', "Did you mean 'files'?"),
    ],
)
def test_a_wrong_table_in_bench_toml_is_said(write: Write, command: Command, text: str, why: str) -> None:
    write("bench.toml", text)
    assert why in str(command("list", "methods").exception)


def test_data_sets_of_plugins_are_among_all_and_broken_ones_are_left_out(write: Write, command: Command) -> None:
    body = "    def load(self, split, place):\n        raise NotImplementedError\n"
    write(
        "sets.py", f'import bench\n\n\n@bench.dataset("my-set")\nclass MySet(bench.DataSet):\n    """Mine."""\n\n{body}'
    )
    write("bad.py", 'import bench\nimport nowhere_lib\n@bench.dataset("bad-set")\nclass B(bench.DataSet): ...\n')
    write("bench.toml", '[plugins]\nfiles = ["sets.py", "bad.py"]\n')
    listed = command("data", "list")
    assert listed.exit_code == 0, listed.output
    assert "my-set" not in listed.stdout
    assert "Left out: " in listed.stderr
    assert "my-set" in listed.stderr
    named = command("data", "list", "--plugin", "sets.py")
    assert "my-set" in named.stdout
    assert "bad-set" not in named.stdout
    assert "bad-set" in command("list", "datasets").stdout
    assert "not stated" in command("describe", "dataset", "my-set").stdout
