"""Writes the files of a new method, data set, network or suite from the templates beside this file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from string import Template

from bench.atomic import require_writable
from bench.errors import BenchError

from .naming import Naming

TEMPLATES = Path(__file__).parent / "templates"


def write_new(kind: str, name: str, out: Path, *, package: bool = False) -> list[Path]:
    """Write the files below the folder `out`, and return their paths.

    With `package` they are a package that can be installed, in a folder of its own. Raises `BenchError` for a kind or
    name that cannot be, for a name that is taken, and where one of the files is there already; then none is written.
    """
    naming = Naming.of(kind, name)
    texts = rendered(naming, package=package)
    paths = {out / place: text for place, text in texts.items()}
    there = [str(path) for path in paths if path.exists()]
    if there:
        raise BenchError(
            f"Nothing was written, for this would be overwritten: {', '.join(there)}. Choose another name, or another "
            "folder with --out DIR."
        )
    for folder in dict.fromkeys(path.parent for path in paths):
        require_writable(folder)
    for path, text in paths.items():
        with path.open("x", encoding="utf-8") as file:  # a file that has appeared since is not overwritten either
            file.write(text)
    return list(paths)


def rendered(naming: Naming, *, package: bool = False) -> dict[str, str]:
    """The texts of all files by their places below the folder."""
    ending = "toml" if naming.kind == "suite" else "py"
    thing, test = f"{naming.file_name}.{ending}", f"test_{naming.file_name}.py"
    if not package:
        own = {"target": f'Path(__file__).with_name("{thing}")', "plugin": "        plugin=TARGET,\n"}
        return {
            thing: _filled(f"{naming.kind}.{ending}", naming.fields() | own),
            test: _filled(f"test_{naming.kind}.py", naming.fields() | own),
        }
    fields = naming.fields() | {"target": f'"{naming.target}"', "plugin": ""}
    root = f"oodbench-{naming.name}"
    return {
        f"{root}/pyproject.toml": _filled("pyproject.toml", fields),
        f"{root}/README.md": _filled("README.md", fields),
        f"{root}/src/{naming.module}/__init__.py": _filled(
            "init_suite.py" if naming.kind == "suite" else "init.py", fields
        ),
        f"{root}/src/{naming.module}/py.typed": "",
        f"{root}/src/{naming.module}/{thing}": _filled(f"{naming.kind}.{ending}", fields),
        f"{root}/tests/{test}": _filled(f"test_{naming.kind}.py", fields),
    }


def _filled(template: str, fields: Mapping[str, str]) -> str:
    text = (TEMPLATES / f"{template}.txt").read_text(encoding="utf-8")
    return Template(text).substitute(fields)
