"""The rules of the house: who may import whom, what is packaged, how long things are, and that all is explained."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("methods", "datasets", "reports")
CONTRACTS = {
    "methods": {
        "bench.citation",
        "bench.errors",
        "bench.extraction.constant",
        "bench.extraction.outputs",
        "bench.extraction.probe",
        "bench.extraction.squared_gradients",
        "bench.extraction.step",
        "bench.extraction.view",
        "bench.fitting",
        "bench.logits",
        "bench.method_contract",
        "bench.networks.classifier",
        "bench.seeds",
        "bench.tensors",
        "bench.training.objective",
    },
    "datasets": {"bench.citation", "bench.errors", "bench.data"},
    "reports": {
        "bench.ablation.outcome",
        "bench.atomic",
        "bench.errors",
        "bench.held_out",
        "bench.leaderboard_page",
        "bench.metrics",
        "bench.paper_table",
        "bench.prediction_report",
        "bench.report",
        "bench.report_page",
        "bench.running.rows",
        "bench.statistics",
        "bench.suites.record",
    },
}
"""What each room may know of the engine; a package stands for its modules too."""

DISTRIBUTIONS = {"PIL": "pillow", "sklearn": "scikit-learn"}
"""What a library is installed by, where that is not the name it is imported by."""

IMPORT_BY_NAME = ("bench", "bench.optional", "bench.plugins.source", "bench.registry")

LONGEST_FILE, LONGEST_FUNCTION = 450, 60

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """A Python file and the dotted name it is imported by."""

    path: Path
    module: str
    text: str

    @property
    def package(self) -> str:
        """The package that a relative import starts from."""
        return self.module if self.path.name == "__init__.py" else self.module.rpartition(".")[0]

    @property
    def room(self) -> str:
        """`methods`, `datasets`, `reports`, or empty for the engine."""
        second = self.module.split(".")[1:2]
        return second[0] if second and second[0] in ROOMS else ""


@dataclass(frozen=True)
class Import:
    """One import: the absolute name of what is imported from, and how it was written."""

    target: str
    level: int
    is_from: bool
    where: str


def read(path: Path) -> Source:
    parts = path.relative_to(ROOT).with_suffix("").parts
    names = [*(["bench"] if parts[0] in ROOMS else []), *(name for name in parts if name != "__init__")]
    return Source(path, ".".join(names), path.read_text(encoding="utf-8"))


def product_sources() -> list[Source]:
    return [read(path) for folder in ("bench", *ROOMS) for path in sorted((ROOT / folder).rglob("*.py"))]


def all_python_files() -> list[Path]:
    folders = ("bench", *ROOMS, "tests", "benchmarks", "docs")
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def imports(source: Source) -> Iterator[Import]:
    for node in ast.walk(ast.parse(source.text)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, 0, False, f"{source.path.name}:{node.lineno}")
        elif isinstance(node, ast.ImportFrom):
            where = f"{source.path.name}:{node.lineno}"
            base = source.package.split(".")[: len(source.package.split(".")) - node.level + 1] if node.level else []
            yield Import(".".join([*base, *([node.module] if node.module else [])]), node.level, True, where)


def is_within(module: str, packages: set[str]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def broken_rules(source: Source) -> Iterator[str]:
    for one in imports(source):
        root = one.target.partition(".")[0]
        own = one.target.rpartition(".")[0] == source.package or one.target == source.package
        if root in ROOMS:
            yield f"{one.where} imports {one.target}: a room is imported as bench.{root}, for `datasets` is another's"
        if root == "bench" and not one.is_from:
            yield f"{one.where} says `import {one.target}`: write `from {one.target} import …`"
        if one.level > 1:
            yield f"{one.where} imports relatively from another folder: write `from {one.target} import …`"
        # The modules directly in bench/ are contracts, called by their full name everywhere.
        if one.level == 0 and own and source.package != "bench":
            yield f"{one.where} calls a file of its own folder {one.target}: import it relatively"
        if is_within(one.target, {f"bench.{room}" for room in ROOMS if room != source.room}):
            yield f"{one.where} imports {one.target}: rooms are reached through the registry only"
        if one.target == "importlib" and source.module not in IMPORT_BY_NAME:
            yield f"{one.where} imports importlib: only the registry, plugins and bench.optional import by name"
        if root == "bench" and source.room and not is_within(one.target, CONTRACTS[source.room] | {source.package}):
            yield f"{one.where} imports {one.target}, which is no contract of {source.room}/"
        if is_within(one.target, {"bench.cli"}) and not is_within(source.module, {"bench.cli", "bench.__main__"}):
            yield f"{one.where} imports {one.target}: nothing but the command line knows the command line"


def test_imports_keep_the_rules() -> None:
    sources = product_sources()
    assert len(sources) > 50
    assert [broken for source in sources for broken in broken_rules(source)] == []


@pytest.mark.parametrize(
    ("path", "line", "complaint"),
    [
        ("bench/store.py", "from datasets import load_dataset", "another's"),
        ("bench/store.py", "import methods.msp", "another's"),
        ("bench/store.py", "import bench.errors", "write `from bench.errors import"),
        ("bench/data/npz.py", "from ..errors import BenchError", "write `from bench.errors import"),
        ("bench/data/npz.py", "from bench.data.images import Images", "relatively"),
        ("bench/running/execute.py", "from bench.methods.msp import MSP", "through the registry"),
        ("bench/running/execute.py", "def run():\n    from bench.reports import table", "through the registry"),
        (
            "bench/running/execute.py",
            "from importlib import import_module",
            "only the registry, plugins and bench.optional",
        ),
        ("bench/running/execute.py", "from bench.cli.output import print_rows", "command line"),
        ("methods/msp.py", "from bench.datasets.cifar import Cifar10", "through the registry"),
        ("methods/msp.py", "from bench.running.cells import Cell", "no contract of methods/"),
        ("datasets/cifar.py", "from bench.method_contract import Method", "no contract of datasets/"),
        ("reports/table.py", "from bench.networks.classifier import NETWORKS", "no contract of reports/"),
        ("reports/table.py", "from bench.reports.columns import Column", "relatively"),
    ],
)
def test_broken_rules_are_noticed(path: str, line: str, complaint: str) -> None:
    source = Source(ROOT / path, read(ROOT / path).module, line)
    assert any(complaint in broken for broken in broken_rules(source))


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("bench/store.py", "from bench.errors import BenchError"),
        ("bench/data/npz.py", "from .images import Images"),
        ("bench/data/__init__.py", "from .images import Images"),
        ("bench/provenance.py", "from importlib.metadata import version"),
        ("reports/table.py", "from .columns import Column"),
        ("reports/table.py", "from bench.metrics import roc_curve"),
        ("datasets/cifar.py", "from bench.data.stored import StoredSet"),
    ],
)
def test_kept_rules_are_let_through(path: str, line: str) -> None:
    source = Source(ROOT / path, read(ROOT / path).module, line)
    assert list(broken_rules(source)) == []


def test_folders_of_the_engine_form_no_cycle() -> None:
    graph: defaultdict[str, set[str]] = defaultdict(set)
    for source in product_sources():
        graph[unit(source.module)] |= {unit(one.target) for one in imports(source) if is_within(one.target, {"bench"})}
    edges = {name: targets - {name, "bench"} for name, targets in graph.items()}
    order = list(TopologicalSorter(edges).static_order())
    assert order.index("bench.metrics") < order.index("bench.running") < order.index("bench.cli")


def unit(module: str) -> str:
    """A folder of the engine, or a module directly in `bench/`: what may not depend on itself through others."""
    return ".".join(module.split(".")[:2])


def test_only_declared_libraries_are_imported() -> None:
    """A library that merely happens to be installed is missing on the next machine."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.split(r"[^\w.-]", requirement, maxsplit=1)[0] for requirement in project["dependencies"]}
    roots = {one.target.partition(".")[0] for source in product_sources() for one in imports(source)}
    foreign = roots - set(sys.stdlib_module_names) - {"bench"}
    assert "torch" in foreign
    assert {DISTRIBUTIONS.get(root, root) for root in foreign} - declared == set()


def test_rooms_are_no_packages() -> None:
    """A top-level package `datasets` would shadow or overwrite Hugging Face's."""
    assert [room for room in ROOMS if (ROOT / room / "__init__.py").exists()] == []


def test_every_folder_is_packaged() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    with_files = {path.parent for path in (ROOT / "bench").rglob("*") if path.suffix in (".py", ".toml")}
    folders = {".".join(path.relative_to(ROOT).parts) for path in with_files}
    assert sorted(listed) == sorted(folders | {f"bench.{room}" for room in ROOMS})


def test_tests_are_found_by_unique_names() -> None:
    files = [path for path in (ROOT / "tests").rglob("*.py") if path.name != "conftest.py"]
    assert [name for name, count in Counter(path.name for path in files).items() if count > 1] == []
    assert [path for path in files if path.name == "__init__.py"] == []


@pytest.mark.parametrize("path", all_python_files(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nothing_is_too_long(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= LONGEST_FILE
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, Function)]
    assert [f"{node.name}:{node.lineno}" for node in functions if line_count(node) > LONGEST_FUNCTION] == []


def line_count(node: Function) -> int:
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


@pytest.mark.parametrize("source", product_sources(), ids=lambda source: source.module)
def test_everything_public_has_a_docstring(source: Source) -> None:
    tree = ast.parse(source.text)
    assert ast.get_docstring(tree), "the file itself"
    assert [node.name for node in public_definitions(tree) if not ast.get_docstring(node)] == []


def public_definitions(tree: ast.Module | ast.ClassDef) -> Iterator[Function | ast.ClassDef]:
    for node in tree.body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_") and not is_overload(node):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public_definitions(node)


def is_overload(node: Function | ast.ClassDef) -> bool:
    return any(isinstance(one, ast.Name) and one.id == "overload" for one in node.decorator_list)
