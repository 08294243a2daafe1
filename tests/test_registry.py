"""Names are found in files' text; files are imported one by one, when asked for."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from bench.errors import BenchError, UnknownNameError
from bench.registry import Registry, registers

HEADER = "from bench.registry import registers\nmethod = registers('method')\n"


class Package:
    """A package of files on the import path, with a registry of its methods."""

    def __init__(self, folder: Path) -> None:
        self.name = f"plugins_{uuid4().hex}"
        self.folder = folder / self.name
        self.folder.mkdir()
        self.registry = Registry("method", (self.name,))

    def add(self, stem: str, body: str) -> None:
        (self.folder / f"{stem}.py").write_text(HEADER + body, encoding="utf-8")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Package]:
    made = Package(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield made
    for name in [name for name in sys.modules if name.startswith(made.name)]:
        del sys.modules[name]


def test_what_a_file_registers_is_found_with_its_origin_and_summary(package: Package) -> None:
    package.add("one", '@method("beta")\nclass B:\n    """Second letter.\n\n    More.\n    """\n')
    package.add(
        "two", '@method("alpha")\ndef a() -> None:\n    """First letter."""\n\n\n@method("gamma")\nclass G: ...\n'
    )
    assert package.registry.names() == ["alpha", "beta", "gamma"]
    entry = package.registry.entry("beta")
    assert (entry.summary, entry.attribute, entry.line) == ("Second letter.", "B", 4)
    assert entry.origin == f"{package.folder / 'one.py'}:4"
    assert package.registry.entry("gamma").summary == ""
    assert "alpha" in package.registry
    assert "delta" not in package.registry


def test_listing_imports_nothing_and_asking_imports_that_file_alone(package: Package) -> None:
    package.add("quiet", '@method("quiet")\nclass Quiet: ...\n')
    package.add("loud", 'raise RuntimeError("imported")\n@method("loud")\nclass Loud: ...\n')
    assert package.registry.names() == ["loud", "quiet"]
    assert f"{package.name}.quiet" not in sys.modules
    got = package.registry.get("quiet")
    assert (got.__name__, got.name, got.registered_as) == ("Quiet", "quiet", "method")


def test_a_file_that_cannot_be_imported_says_why_and_breaks_only_itself(package: Package) -> None:
    package.add("good", '@method("good")\nclass Good: ...\n')
    package.add("loud", 'raise RuntimeError("not today")\n@method("loud")\nclass Loud: ...\n')
    with pytest.raises(BenchError, match=r"'loud' .*loud\.py:5.* is broken: RuntimeError: not today"):
        package.registry.get("loud")
    assert package.registry.get("good").name == "good"


def test_a_file_that_is_no_python_is_listed_as_broken_and_breaks_only_itself(package: Package) -> None:
    package.add("good", '@method("good")\nclass Good: ...\n')
    package.add("bad", '@method("bad")\nclass Bad(:\n')
    assert package.registry.names() == ["bad", "good"]
    assert "broken" in package.registry.entry("bad").summary
    assert package.registry.get("good").name == "good"
    with pytest.raises(BenchError, match=r"'bad' .*bad\.py:3.* is broken: SyntaxError"):
        package.registry.get("bad")


@pytest.mark.parametrize(
    "body",
    [
        'NAME = "x"\n@method(NAME)\nclass X: ...\n',
        '"""Used as @method("x")."""\n',
        '@registers("method")("x")\nclass X: ...\n',
        "# @method('x')\n",
        'def f():\n    @method("x")\n    class X: ...\n',
    ],
    ids=["name not literal", "in a docstring", "another decorator", "in a comment", "inside a function"],
)
def test_only_literal_names_on_the_top_level_count(package: Package, body: str) -> None:
    package.add("file", body)
    assert package.registry.names() == []


def test_other_kinds_in_the_same_file_are_left_out(package: Package) -> None:
    package.add(
        "both", 'objective = registers("objective")\n@objective("o")\nclass O: ...\n@method("m")\nclass M: ...\n'
    )
    assert package.registry.names() == ["m"]
    assert Registry("objective", (package.name,)).names() == ["o"]


@pytest.mark.parametrize("stems", [("one", "two"), ("one", "one")], ids=["two files", "one file"])
def test_a_name_claimed_twice_is_an_error_that_names_both_and_stops_nothing_else(
    package: Package, stems: tuple[str, str]
) -> None:
    text = '@method("same")\nclass First: ...\n'
    if stems[0] == stems[1]:
        package.add("one", text + text.replace("First", "Second"))
    else:
        for stem in stems:
            package.add(stem, text)
    package.add("other", '@method("sane")\nclass Sane: ...\n')
    assert package.registry.names() == ["same", "sane"]
    with pytest.raises(BenchError, match=r"^Two methods are called 'same'") as caught:
        package.registry.get("same")
    assert all(f"{stem}.py:" in str(caught.value) for stem in stems)
    assert package.registry.entry("same").summary == f"broken: {caught.value}"
    assert package.registry.get("sane").name == "sane"


def test_several_packages_share_one_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left, right = Package(tmp_path), Package(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    left.add("a", '@method("from-left")\nclass L: ...\n')
    right.add("a", '@method("from-right")\nclass R: ...\n')
    both = Registry("method", (left.name, right.name))
    assert both.names() == ["from-left", "from-right"]
    assert both.get("from-right").__module__ == f"{right.name}.a"


def test_an_unknown_name_gets_the_nearest_known_one(package: Package) -> None:
    package.add("file", '@method("odin")\nclass O: ...\n@method("msp")\nclass M: ...\n')
    with pytest.raises(UnknownNameError) as caught:
        package.registry.get("Odn")
    assert str(caught.value) == "Unknown method 'Odn'. Did you mean 'odin'? Known: msp, odin."
    with pytest.raises(UnknownNameError) as caught:
        package.registry.get("zzz")
    assert str(caught.value) == "Unknown method 'zzz'. Known: msp, odin."


def test_the_decorator_returns_what_it_decorates() -> None:
    class Thing:
        pass

    assert registers("kind")("thing")(Thing) is Thing


def test_listing_what_is_built_in_imports_neither_torch_nor_numpy() -> None:
    program = (
        "import sys\n"
        "from bench.registry import Registry\n"
        "kinds = {'method': 'methods', 'dataset': 'datasets', 'report': 'reports', 'network': 'networks'}\n"
        "listed = {kind: Registry(kind, (f'bench.{package}',)).names() for kind, package in kinds.items()}\n"
        "assert all(listed.values()), listed\n"
        "print(sorted({'torch', 'numpy', 'pandas'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
