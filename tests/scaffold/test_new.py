"""What `bench new` writes passes its own test, is clean, and never takes the place of something."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from bench.errors import BenchError
from bench.plugins import GROUPS
from bench.scaffold.naming import WORDS, Naming
from bench.scaffold.write import rendered, write_new
from bench.testing.checks import CHECKS

ROOT = Path(__file__).resolve().parents[2]
KINDS = list(WORDS)


def run(*arguments: str | Path, cwd: Path, path: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run this interpreter with `arguments`, where modules are looked for in `path` first."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, dict.fromkeys((path, ROOT)))), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)


def test_every_kind_that_a_package_can_bring_can_be_begun() -> None:
    assert {*CHECKS, "suite"} == set(KINDS)
    assert set(KINDS) <= set(GROUPS)


def test_the_files_pass_their_tests_as_they_stand(tmp_path: Path) -> None:
    for kind in KINDS:
        write_new(kind, f"my-{kind}", tmp_path)
    ran = run("-m", "pytest", "-q", "-p", "no:cacheprovider", tmp_path, cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout
    checks = sum(map(len, CHECKS.values()))
    passed = int(ran.stdout.strip().splitlines()[-1].split(" passed")[0])
    assert passed > checks - 10
    assert "failed" not in ran.stdout


@pytest.mark.parametrize("package", [False, True])
def test_the_files_are_clean(package: bool, tmp_path: Path) -> None:
    for kind in KINDS:
        write_new(kind, f"a-{kind}-with-a-rather-long-name", tmp_path, package=package)
    config = ("--config", ROOT / "pyproject.toml", "--no-cache")
    for tool in (("check",), ("format", "--check")):
        ran = run("-m", "ruff", *tool, *config, tmp_path, cwd=tmp_path)
        assert ran.returncode == 0, ran.stdout
    ran = run("-m", "ruff", "format", "--check", "--isolated", "--no-cache", tmp_path, cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout


def test_the_files_are_typed(tmp_path: Path) -> None:
    for kind in KINDS:
        write_new(kind, f"my-{kind}", tmp_path)
    files = sorted(tmp_path.glob("*.py"))
    assert len(files) == 7
    ran = run("-m", "mypy", "--config-file", ROOT / "pyproject.toml", *files, cwd=ROOT)
    assert ran.returncode == 0, ran.stdout


def test_a_package_is_built_and_found_by_its_entry_points(tmp_path: Path) -> None:
    for kind in KINDS:
        write_new(kind, f"my-{kind}", tmp_path, package=True)
    for kind in KINDS:
        source = tmp_path / f"oodbench-my-{kind}"
        project = tomllib.loads((source / "pyproject.toml").read_text("utf-8"))
        assert list(project["project"]["entry-points"]) == [GROUPS[kind]]
        backend = project["build-system"]["build-backend"]
        build = f"import sys; from {backend} import build_wheel; build_wheel(sys.argv[1])"
        built = run("-c", build, tmp_path / "dist", cwd=source)
        assert built.returncode == 0, built.stdout + built.stderr
    site = tmp_path / "site"
    for wheel in (tmp_path / "dist").glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(site)
    code = (
        "from bench.registry import registry; from bench.suites.library import find_suite; "
        "print([registry(kind).get(f'my-{kind}').name for kind in ('method', 'dataset', 'network')]); "
        "print(find_suite('my-suite').title)"
    )
    found = run("-c", code, cwd=tmp_path, path=site)
    assert found.stdout.splitlines() == ["['my-method', 'my-dataset', 'my-network']", "My suite"], found.stderr
    tests = [tmp_path / f"oodbench-my-{kind}" / "tests" for kind in ("dataset", "suite")]
    tested = run("-m", "pytest", "-q", "-p", "no:cacheprovider", *tests, cwd=tmp_path, path=site)
    assert tested.returncode == 0, tested.stdout


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    [file, test] = write_new("method", "my-method", tmp_path)
    test.unlink()
    file.write_text("mine", encoding="utf-8")
    with pytest.raises(BenchError, match=r"would be overwritten: .*my_method\.py\. Choose"):
        write_new("method", "my-method", tmp_path)
    assert file.read_text(encoding="utf-8") == "mine"
    assert list(tmp_path.iterdir()) == [file], "the other file is not written either"


@pytest.mark.parametrize("name", ["", "My-Method", "my_method", "1st", "a--b", "-a", "a-", "a b", "../a", "class", "ä"])
def test_names_that_cannot_be_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="cannot be the name of a scoring method"):
        write_new("method", name, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "name"), [("method", "msp"), ("dataset", "digits"), ("network", "convnet"), ("suite", "embedded-digits")]
)
def test_names_that_are_taken_are_refused_with_their_place(kind: str, name: str, tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=rf"called '{name}' already: .+\. Choose"):
        write_new(kind, name, tmp_path)


def test_an_unknown_kind_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="Did you mean 'method'"):
        write_new("methods", "my-method", tmp_path)


def test_a_folder_that_cannot_be_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(BenchError, match="file"):
        write_new("method", "my-method", tmp_path / "file")


def test_the_scaffold_uses_public_names_only() -> None:
    """An import of a module of ours would tie a stranger's package to our files."""
    for kind in KINDS:
        for package in (False, True):
            for place, text in rendered(Naming.of(kind, f"my-{kind}"), package=package).items():
                lines = [line for line in text.splitlines() if "import" in line and "bench" in line]
                allowed = {"import bench", "from bench.testing import parametrize_with_checks"}
                assert {line.strip() for line in lines if place.endswith(".py")} <= allowed


def test_the_command_prints_what_it_wrote_and_ends_with_2_on_bad_input(tmp_path: Path) -> None:
    ran = run("-m", "bench", "new", "suite", "my-suite", "--out", tmp_path / "a", cwd=tmp_path)
    assert ran.stdout.split() == [str(tmp_path / "a" / name) for name in ("my_suite.toml", "test_my_suite.py")]
    again = run("-m", "bench", "new", "suite", "my-suite", "--out", tmp_path / "a", cwd=tmp_path)
    assert again.returncode == 2
    assert "Traceback" not in again.stderr
    assert "would be overwritten" in again.stderr
