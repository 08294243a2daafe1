"""A run with nothing to do is found without preparing it, and never where something that matters has changed."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import bench
from bench.atomic import write_text
from bench.errors import BenchError
from bench.file_state import state_of
from bench.registry import code_folders
from bench.running import plan_keeping
from bench.running.execute import execute
from bench.running.kept_plan import FOLDER
from bench.running.preparation import Preparation
from bench.running.rows import COST
from bench.store import Store

SUITE = """
title = "Digits and my own"
id = "digits-0to6"
[groups]
near = ["digits-7to9"]
{group} = ["mine"]
[datasets.mine]
npz = "mine.npz"
"""


class Project:
    """A folder with images, a suite, a cache and results; counts how often a run was prepared."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.out, self.cache = folder, folder / "run", folder / "cache"
        self.code = folder / "code"
        self.code.mkdir()
        (self.code / "method.py").write_text("version = 1")
        self.prepared = 0
        self.draw(seed=1)
        self.write_suite("far")

    def draw(self, seed: int) -> None:
        """Other images of the same size in the same file, which keeps the time that it says it is from."""
        path = self.folder / "mine.npz"
        noise = np.random.default_rng(seed).integers(0, 256, (40, 8, 8), dtype=np.uint8)
        np.savez(path, images=noise)
        os.utime(path, ns=(10**18, 10**18))

    def write_suite(self, group: str) -> None:
        write_text(self.folder / "suite.toml", SUITE.format(group=group))

    def run(self, **changes: Any) -> pd.DataFrame:
        settings = {"recipe.epochs": 1}
        arguments: dict[str, Any] = {
            "method": ["msp", "brightness"], "suite": self.folder / "suite.toml", "settings": settings,
            "device": "cpu", "out": self.out,
        }  # fmt: skip
        frame: pd.DataFrame = bench.run(**{**arguments, **changes})
        return frame

    def is_prepared_for(self, **changes: Any) -> bool:
        """Whether the run, which succeeds, is prepared now."""
        before = self.prepared
        self.run(**changes)
        return self.prepared > before

    def settle(self) -> pd.DataFrame:
        """Run until there is nothing to do."""
        self.run()
        before = self.prepared
        frame = self.run()
        assert self.prepared == before
        self.key = str(frame["key"][0])
        return frame

    def rows_without_plan(self, **changes: Any) -> pd.DataFrame:
        """What a run gives that does not look at any plan."""
        shutil.rmtree(self.out / FOLDER)
        before = self.prepared
        frame = self.run(**changes)
        assert self.prepared == before + 1
        return frame

    def network_file(self) -> Path:
        return next(self.cache.glob("checkpoints/*/checkpoint.safetensors"))

    def record(self) -> Path:
        """That of the first cell that was there when the run settled."""
        return self.out / "cells" / f"{self.key}.json"

    def scores(self) -> Path:
        return self.out / "scores" / f"{self.key}.npz"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(tmp_path_factory.mktemp("project"))


@pytest.fixture
def project(made: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The one project of these tests: its network is trained once, and each test leaves it such that it runs."""
    monkeypatch.setenv("BENCH_CACHE", str(made.cache))
    monkeypatch.chdir(made.folder)
    monkeypatch.setattr(plan_keeping, "_SETTLED", 0)  # files of these tests are young
    monkeypatch.setattr(plan_keeping, "code_folders", lambda: [made.code])  # who edits the real one disturbs no test
    monkeypatch.setattr(plan_keeping, "LOADED_SINCE", time.time_ns() + 10**12)
    original = Preparation.__init__

    def counted(self: Preparation, *arguments: Any) -> None:
        made.prepared += 1
        original(self, *arguments)

    monkeypatch.setattr(Preparation, "__init__", counted)
    return made


def flip(path: Path) -> None:
    """Change one bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_the_second_run_is_found_and_is_the_same(project: Project) -> None:
    first = project.run()
    assert len(first) == 4
    assert not project.is_prepared_for()
    pd.testing.assert_frame_equal(project.run(), first)
    pd.testing.assert_frame_equal(project.rows_without_plan(), first)
    assert not project.is_prepared_for(engine="processes", processes=2)


def without_progress(text: str) -> list[str]:
    """What is said, but for how far the run is, which says how long it takes."""
    return [line for line in text.splitlines() if not line.startswith("Cells:")]


def test_it_loads_no_torch_and_says_the_same(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """The start of a process, since this one has loaded torch: it takes longer than tests should."""
    frame = project.settle()
    said = capsys.readouterr().err
    code = (
        "import sys, bench\nprint(bench.run(method=['msp', 'brightness'], suite=sys.argv[1], device='cpu', "
        "settings={'recipe.epochs': 1}, out=sys.argv[2]).to_csv())\nassert 'torch' not in sys.modules"
    )
    command = [sys.executable, "-c", code, str(project.folder / "suite.toml"), str(project.out)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}  # the same packages as here
    found = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert found.returncode == 0, found.stderr
    assert found.stdout == f"{frame.to_csv()}\n"
    assert set(found.stderr.splitlines()) <= set(said.splitlines())


Edit = Callable[[Project], object]
EDITS: dict[str, Edit] = {
    "images, under the same size and time": lambda project: project.draw(seed=2),
    "the suite's file": lambda project: project.write_suite("away"),
    "the network is gone": lambda project: project.network_file().rename(project.folder / "gone"),
    "a byte of the network": lambda project: flip(project.network_file()),
    "a record is gone": lambda project: project.record().rename(project.folder / "gone"),
    "scores are gone": lambda project: project.scores().unlink(),
    "a byte of a record": lambda project: flip(project.record()),
    "the plan is damaged": lambda project: list(map(flip, (project.out / FOLDER).glob("*"))),
    "what was asked for is gone": lambda project: shutil.rmtree(project.out / "asked"),
    "the suite was noted otherwise": lambda project: (project.out / "suites.json").rename(project.folder / "gone"),
    "something is noted of a network": lambda project: write_text(
        project.out / "networks" / "abc.json", '{"schema": 1, "name": "x", "note": "", "left_out": {}}'
    ),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=list(EDITS))
def test_a_run_is_prepared_where_something_has_changed(project: Project, edit: Edit) -> None:
    project.settle()
    edit(project)
    before = project.prepared
    frame = project.run()
    assert project.prepared == before + 1
    pd.testing.assert_frame_equal(frame, project.rows_without_plan())
    assert len(frame) == 4
    assert not project.is_prepared_for()


def test_images_that_are_gone_are_missed(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.settle()
    (project.folder / "mine.npz").unlink()
    capsys.readouterr()
    assert set(project.run()["ood"]) == {"digits-7to9"}
    said = without_progress(capsys.readouterr().err)
    assert said[0].startswith("Not run: mine.")
    assert not project.is_prepared_for()
    assert without_progress(capsys.readouterr().err) == said
    project.draw(seed=1)
    assert set(project.run()["ood"]) == {"digits-7to9", "mine"}


@pytest.mark.parametrize(
    "changes",
    [
        {"settings": {"recipe.epochs": 2}}, {"method": "brightness"}, {"protocol": "id-only"},
        {"seeds": [0]}, {"group": "near"}, {"precision": "bf16"},
    ],
    ids=lambda changes: next(iter(changes)),
)  # fmt: skip
def test_another_request_is_another(project: Project, changes: dict[str, Any]) -> None:
    project.settle()
    assert project.is_prepared_for(**changes)
    assert not project.is_prepared_for()


def test_other_folders_are_other_requests(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project.settle()
    monkeypatch.setenv("BENCH_DATA", str(tmp_path))
    assert project.is_prepared_for()
    monkeypatch.chdir(tmp_path)
    assert project.is_prepared_for()
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "empty"))
    assert project.is_prepared_for()


def test_code_and_packages_count(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project.settle()
    (project.code / "method.py").write_text("version = 2")
    assert project.is_prepared_for()
    (project.code / "new.py").touch()
    assert project.is_prepared_for()
    assert not project.is_prepared_for()
    (tmp_path / "some-1.0.dist-info").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    assert project.is_prepared_for()


def test_the_code_is_all_of_this_project() -> None:
    files = {path.relative_to(folder.parent).as_posix() for folder in code_folders() for path in folder.rglob("*.py")}
    assert files >= {f"bench/{name}.py" for name in ("running/cells", "networks/convnet", "data/files")}
    assert files >= {"methods/msp.py", "datasets/digits.py", "reports/roc_curves.py"}


def test_a_given_checkpoint_counts(project: Project, tmp_path: Path) -> None:
    project.settle()
    path = shutil.copy(project.network_file(), tmp_path / "mine.safetensors")
    asked: dict[str, Any] = {"settings": {}, "checkpoint": path}
    project.run(**asked)
    assert not project.is_prepared_for(**asked)
    shutil.copy(project.network_file(), path)
    assert project.is_prepared_for(**asked)


def test_code_of_others_is_always_prepared(project: Project, tmp_path: Path) -> None:
    plugin = tmp_path / "mine.py"
    plugin.write_text(
        "import numpy as np\nfrom bench import method\n\n\n"
        '@method("mine-logit")\ndef mine(outputs):\n    """The largest logit."""\n'
        "    return np.max(outputs.logits, axis=1).astype(np.float64)\n"
    )
    asked = {"method": "mine-logit", "plugin": plugin}
    project.run(**asked)
    assert project.is_prepared_for(**asked)


def test_damaged_scores_are_told_as_without_a_plan(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.settle()
    said, frames = [], []
    for again in (project.run, project.rows_without_plan):
        flip(project.scores())
        capsys.readouterr()
        frames.append(again().drop(columns=list(COST)))
        said.append(without_progress(capsys.readouterr().err))
        project.settle()
    assert said[0] == said[1]
    assert "damaged" in said[0][0]
    pd.testing.assert_frame_equal(frames[0], frames[1])


def test_what_changes_during_a_run_keeps_no_plan(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def disturbed(*arguments: Any) -> Any:
        outcome = execute(*arguments)
        project.draw(seed=1)
        return outcome

    shutil.rmtree(project.out / FOLDER, ignore_errors=True)
    with monkeypatch.context() as patch:
        patch.setattr("bench.running.execute.execute", disturbed)
        project.run()
    assert project.is_prepared_for()


def test_what_changed_a_moment_before_keeps_no_plan(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_keeping, "_SETTLED", 10**12)
    shutil.rmtree(project.out / FOLDER, ignore_errors=True)
    project.run()
    assert project.is_prepared_for()


def test_code_that_changed_since_it_was_loaded_keeps_no_plan(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_keeping, "LOADED_SINCE", project.code.stat().st_ctime_ns - 1)
    shutil.rmtree(project.out / FOLDER, ignore_errors=True)
    project.run()
    assert project.is_prepared_for()


def test_failed_cells_keep_no_plan(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(project.out / "cells")
    shutil.rmtree(project.out / FOLDER, ignore_errors=True)
    from bench.method_contract import METHODS

    with monkeypatch.context() as patch:
        patch.setattr(METHODS.get("msp"), "score", lambda *_: 1 / 0)
        with pytest.raises(BenchError, match="failed"):
            project.run()
    assert not list((project.out / FOLDER).glob("*"))
    assert len(project.run()) == 4
    assert not Store(project.out).failures()


def test_what_was_asked_for_is_noted_as_after_a_whole_run(project: Project) -> None:
    project.settle()
    asked = max((project.out / "asked").glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    content, before = asked.read_bytes(), asked.stat().st_mtime_ns
    assert not project.is_prepared_for()
    assert asked.read_bytes() == content
    assert asked.stat().st_mtime_ns > before


def test_the_state_of_a_folder_tells_what_is_below_it(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "file").write_text("one")
    (tmp_path / "a" / "loop").symlink_to(tmp_path / "a")
    (tmp_path / "elsewhere").write_text("one")
    (tmp_path / "a" / "link").symlink_to(tmp_path / "elsewhere")
    seen = [state_of([tmp_path / "a"]).digest]
    assert state_of([tmp_path / "a"]).digest == seen[0]

    def changed() -> bool:
        seen.append(state_of([tmp_path / "a"]).digest)
        return seen[-1] not in seen[:-1]

    (tmp_path / "a" / "__pycache__").mkdir()
    assert not changed()
    (tmp_path / "a" / "empty").mkdir()
    assert changed()
    (tmp_path / "elsewhere").write_text("two")
    assert changed()
    (tmp_path / "a" / "b" / "file").rename(tmp_path / "a" / "b" / "other")
    assert changed()
    (tmp_path / "a" / "b" / "other").chmod(0o600)
    assert changed()
    (tmp_path / "elsewhere").unlink()
    assert changed()
    assert state_of([tmp_path / "nothing"]) != state_of([tmp_path / "neither"])
    assert state_of([tmp_path / "nothing"]).changed == 0
