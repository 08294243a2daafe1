"""A plugin in a file: listed from its text, imported when asked for, and never mistaken for an older one."""

from __future__ import annotations

import hashlib
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.errors import BenchError, UnknownNameError
from bench.plugins import activate, active_files, active_paths, code_of, ensure_active, loaded_plugins, resolve_target
from bench.registry import registry

Write = Callable[[str, str], Path]

LARGEST = '''import bench


@bench.method("largest")
def largest(outputs, temperature=1.0):
    """The largest logit."""
    return outputs.logits.max(axis=1) / temperature
'''


def test_what_a_file_registers_is_known_by_name_once_it_is_active(write: Write) -> None:
    path = write("mine.py", LARGEST)
    methods = registry("method")
    assert "largest" not in methods
    activate(path)
    entry = methods.entry("largest")
    assert (entry.summary, entry.origin, entry.broken) == ("The largest logit.", f"{path}:5", "")
    assert methods.get("largest").parameter_names() == ["temperature"]
    assert "msp" in methods


def test_every_kind_is_found_below_either_spelling_of_the_decorator(write: Write) -> None:
    path = write(
        "all.py",
        "import bench\nfrom bench import network\n"
        '@bench.dataset("d")\nclass D: ...\n@network("n")\nclass N: ...\n@bench.objective("o")\nclass O: ...\n'
        '@bench.method("m", version=2)\ndef m(outputs): ...\n@other.method("x")\ndef x(): ...\n',
    )
    activate(path)
    found = {kind: [name for name in registry(kind).names() if len(name) == 1] for kind in ("dataset", "network")}
    found |= {kind: [name for name in registry(kind).names() if len(name) == 1] for kind in ("objective", "method")}
    assert found == {"dataset": ["d"], "network": ["n"], "objective": ["o"], "method": ["m"]}


def test_listing_imports_neither_the_file_nor_torch(write: Write) -> None:
    path = write("loud.py", LARGEST + "raise RuntimeError('imported')\n")
    program = (
        "import sys\nfrom bench.plugins import activate\nfrom bench.registry import registry\n"
        f"activate({str(path)!r})\nassert registry('method').entry('largest').summary == 'The largest logit.'\n"
        "sys.exit(bool({'torch', 'numpy'} & set(sys.modules)))"
    )
    root = Path(__file__).resolve().parents[2]
    subprocess.run([sys.executable, "-c", program], cwd=root, check=True)
    activate(path)
    with pytest.raises(BenchError, match=r"loud\.py:5.* is broken: RuntimeError: imported \(line 8 of loud"):
        registry("method").get("largest")


def test_a_file_that_ends_the_interpreter_is_broken_and_ends_nothing(write: Write) -> None:
    activate(write("script.py", LARGEST + "raise SystemExit(3)\n"))
    with pytest.raises(BenchError, match="is broken: SystemExit: 3"):
        registry("method").get("largest")


def test_an_edited_file_is_another_plugin_with_another_hash(write: Write) -> None:
    path = write("mine.py", LARGEST)
    activate(path)
    before = registry("method").get("largest")
    assert code_of(before) == hashlib.sha256(LARGEST.encode()).hexdigest()
    write("mine.py", LARGEST.replace("max", "min"))
    assert registry("method").get("largest") is before  # the code that was read, whatever the file holds by now
    ensure_active([path])
    assert registry("method").get("largest") is before
    activate(path)
    after = registry("method").get("largest")
    assert after is not before
    assert code_of(after) == hashlib.sha256(path.read_bytes()).hexdigest()
    assert {one["sha256"] for one in loaded_plugins()} >= {code_of(before), code_of(after)}
    assert len(active_files()) == 1


def test_code_is_that_of_every_plugin_a_class_is_made_from(write: Write) -> None:
    activate(write("base.py", 'import bench\n@bench.method("base")\nclass Base(bench.Method): ...\n'))
    base = registry("method").get("base")
    derived = type("Derived", (base,), {})
    assert code_of(derived) == code_of(base) != ""
    assert code_of(registry("method").get("msp")) == ""


def test_a_fitted_method_of_a_file_can_be_pickled(write: Write) -> None:
    activate(write("mine.py", LARGEST))
    method = registry("method").get("largest")(temperature=3.0)
    assert pickle.loads(pickle.dumps(method)).parameters() == {"temperature": 3.0}  # noqa: S301 - it is ours


def test_another_process_knows_the_same_names_by_the_paths(write: Write) -> None:
    activate(write("mine.py", LARGEST))
    program = (
        "import sys, pickle\nfrom bench.plugins import activate, code_of\nfrom bench.registry import registry\n"
        "activate(sys.argv[1:])\nprint(code_of(registry('method').get('largest')))"
    )
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-c", program, *map(str, active_paths())]
    done = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == code_of(registry("method").get("largest"))


@pytest.mark.parametrize(
    ("name", "message"), [("missing.py", "There is no plugin file"), ("notes.txt", "is no Python file")]
)
def test_a_path_that_is_no_plugin_file_is_refused(write: Write, name: str, message: str) -> None:
    write("notes.txt", "")
    with pytest.raises(BenchError, match=message):
        activate(name)


def test_a_name_of_a_built_in_is_refused_with_both_origins_and_stops_nothing_else(write: Write) -> None:
    path = write(
        "mine.py", LARGEST.replace('"largest"', '"msp"') + '\n@bench.method("other")\ndef other(outputs): ...\n'
    )
    activate(path)
    with pytest.raises(BenchError, match="Two methods are called 'msp'") as caught:
        registry("method").get("msp")
    assert f"{path}:5" in str(caught.value)
    assert "methods/msp.py:" in str(caught.value)
    assert registry("method").get("other").name == "other"
    assert registry("method").get("energy").name == "energy"
    assert registry("dataset").get("digits").name == "digits"


def test_targets_are_files_their_names_and_attributes_of_modules(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    path = write("mine.py", LARGEST + '\n@bench.method("other")\ndef second(outputs): ...\n')
    assert [one.name for one in resolve_target(str(path))] == ["largest", "other"]
    assert [one.name for one in resolve_target(f"{path}:other")] == ["other"]
    assert [one.name for one in resolve_target(f"{path}:second")] == ["other"]
    write("importable_targets.py", "class Holder:\n    inner = 3\n")
    assert resolve_target("importable_targets:Holder.inner") == (3,)
    del sys.modules["importable_targets"]
    with pytest.raises(UnknownNameError, match="Did you mean 'largest'"):
        resolve_target(f"{path}:larges")
    for text, message in (
        ("nowhere_at_all:X", "ModuleNotFoundError"),
        ("justaword", "is no path.py"),
        (str(write("empty.py", "")), "it registers nothing"),
    ):
        with pytest.raises(BenchError, match=message):
            resolve_target(text)
