"""The wheel: what is in it, and that it works from elsewhere beside another package called `datasets`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("methods", "datasets", "reports")


def run(*arguments: str | Path, cwd: Path, path: Path | None = None) -> str:
    """Run this interpreter with `arguments`, and `path` as the first place to import from; return its stdout."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if path is not None:
        env["PYTHONPATH"] = str(path)
    command = [sys.executable, *map(str, arguments)]
    ran = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a copy, so that nothing is left behind in the checkout."""
    source = tmp_path_factory.mktemp("source")
    ignore = shutil.ignore_patterns("__pycache__")
    for folder in ("bench", *ROOMS):
        shutil.copytree(ROOT / folder, source / folder, ignore=ignore)
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, source)
    out = tmp_path_factory.mktemp("dist")
    run("-m", "build", "--wheel", "--no-isolation", "--outdir", out, source, cwd=source)
    [built] = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to import from, into which the wheel was installed after another package called `datasets`."""
    site = tmp_path_factory.mktemp("site")
    (site / "datasets").mkdir()
    (site / "datasets" / "__init__.py").write_text("OWNER = 'somebody else'\n")
    run("-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", site, wheel, cwd=site)
    return site


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder that has nothing to do with the checkout."""
    return tmp_path_factory.mktemp("elsewhere")


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_wheel_has_every_file_of_the_product(wheel: Path) -> None:
    engine = {path.relative_to(ROOT).as_posix() for path in (ROOT / "bench").rglob("*.py")}
    rooms = {f"bench/{room}/{path.name}" for room in ROOMS for path in (ROOT / room).glob("*.py")}
    recipes = {path.relative_to(ROOT).as_posix() for path in (ROOT / "bench").rglob("*.toml")}
    papers = {f"bench/reports/papers/{path.name}" for path in (ROOT / "reports" / "papers").iterdir()}
    assert len(recipes) >= 3
    assert len(papers) >= 16
    assert (engine | rooms | recipes | papers | {"bench/py.typed"}) - names_in(wheel) == set()


def test_wheel_puts_nothing_beside_bench(wheel: Path) -> None:
    top = {name.partition("/")[0] for name in names_in(wheel)}
    assert {name for name in top if not name.endswith(".dist-info")} == {"bench"}


def test_wheel_carries_the_licence_and_the_command(wheel: Path) -> None:
    [info] = {name.partition("/")[0] for name in names_in(wheel) if ".dist-info/" in name}
    with zipfile.ZipFile(wheel) as archive:
        assert "MIT License" in archive.read(f"{info}/licenses/LICENSE").decode()
        assert "bench = bench.cli.main:main" in archive.read(f"{info}/entry_points.txt").decode()


def test_installed_names_come_from_the_installation(site: Path, elsewhere: Path) -> None:
    code = "from bench.method_contract import METHODS; print(METHODS.entry('msp').path, METHODS.get('msp').__module__)"
    path, module = run("-c", code, cwd=elsewhere, path=site).split()
    assert Path(path) == site / "bench" / "methods" / "msp.py"
    assert module == "bench.methods.msp"


def test_installed_command_lists_every_method_and_data_set(site: Path, elsewhere: Path) -> None:
    for kind, folder in (("methods", "methods"), ("datasets", "datasets")):
        listed = run("-m", "bench", "list", kind, cwd=elsewhere, path=site)
        assert listed == run("-m", "bench", "list", kind, cwd=ROOT, path=ROOT)
        assert len(listed.splitlines()) >= len(list((ROOT / folder).glob("*.py")))


def test_installed_recipes_can_be_read(site: Path, elsewhere: Path) -> None:
    code = "from bench.training.recipe import load_recipe; print(load_recipe('smoke', 'convnet', 'digits').epochs)"
    assert int(run("-c", code, cwd=elsewhere, path=site)) > 0


def test_installed_paper_tables_can_be_read(site: Path, elsewhere: Path) -> None:
    load = "from bench.reproducing.paper import load_paper; paper = load_paper('devries2018-table1')"
    code = f"{load}; print(len(paper.published.values))"
    assert int(run("-c", code, cwd=elsewhere, path=site)) == 252


def test_the_other_datasets_package_is_left_alone(site: Path, elsewhere: Path) -> None:
    code = "import bench, bench.datasets.cifar, datasets; print(datasets.OWNER, datasets.__file__)"
    owner, _, file = run("-c", code, cwd=elsewhere, path=site).strip().rpartition(" ")
    assert owner == "somebody else"
    assert Path(file) == site / "datasets" / "__init__.py"
    assert [path.name for path in (site / "datasets").glob("*.py")] == ["__init__.py"]


def test_the_checkout_does_not_shadow_it_either(site: Path, tmp_path: Path) -> None:
    """A folder without `__init__.py` gives way to a package of the same name, even where it comes first."""
    shutil.copytree(site / "datasets", tmp_path / "datasets")
    code = "import sys; assert sys.path[0] == ''; import bench, datasets; print(datasets.OWNER); print(bench.__file__)"
    owner, file = run("-c", code, cwd=ROOT, path=tmp_path).splitlines()
    assert owner == "somebody else"
    assert Path(file) == ROOT / "bench" / "__init__.py"
