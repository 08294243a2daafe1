"""What stands for a plugin's code in content keys and provenance, so that an edited plugin gives new results."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from bench.errors import BenchError

from .file import file_of, loaded_files
from .installed import PluginPackage, installed_packages, source_file


def code_of(target: type) -> str:
    """What the code of a class is: one text for each plugin that it or a class it is made from comes from.

    It is the SHA-256 of a file's bytes; for a package its distribution and version, and the SHA-256 of its Python
    files. Empty for what is built in, whose `version` says the same.
    """
    found = (_code_of_module(base.__module__) for base in target.__mro__)
    return " ".join(dict.fromkeys(code for code in found if code))


def code_entry(key: str, target: type) -> dict[str, str]:
    """`code_of` below `key`, for a content key; nothing for what is built in."""
    code = code_of(target)
    return {key: code} if code else {}


def require_code(described: Mapping[str, Any], key: str, target: type, made: str, again: str) -> None:
    """Raise `BenchError` if `code_entry(key, …)`, kept in what `made` names, tells of other code than `target` has now.

    `again` says how to make a new one.
    """
    if described.get(key, "") != code_of(target):
        name = getattr(target, "name", target.__name__)
        raise BenchError(f"{made} with other code of the plugin that brings {name}. {again}")


def loaded_plugins() -> list[dict[str, Any]]:
    """Every plugin whose code was loaded in this process, as plain data for provenance."""
    files = [{"file": str(one.path), "sha256": one.sha256} for one in loaded_files()]
    packages = [
        {"distribution": one.distribution, "version": one.version, "sha256": _hash_of(root)}
        for one in installed_packages()
        for root in sorted(one.modules & sys.modules.keys())
    ]
    return [*files, *packages]


def _code_of_module(module: str) -> str:
    file = file_of(module)
    if file is not None:
        return file.sha256
    root = module.partition(".")[0]
    package = _package_of(root)
    return f"{package.label} {_hash_of(root)}" if package is not None else ""


def _package_of(root: str) -> PluginPackage | None:
    return next((one for one in installed_packages() if root in one.modules), None)


@cache
def _hash_of(root: str) -> str:
    """SHA-256 of the Python files of a top-level package, or of the one file that a module is."""
    path = source_file(root)
    folders = list(getattr(sys.modules.get(root), "__path__", [])) if path is None else []
    if path is not None:
        files = sorted(path.parent.rglob("*.py")) if path.name == "__init__.py" else [path]
    else:
        files = sorted(file for folder in folders for file in Path(folder).rglob("*.py"))
    digest = hashlib.sha256()
    for file in files:
        content = file.read_bytes()
        digest.update(f"{file.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()
