"""A plugin in a single file: read once, so that the code that is run is the code whose hash is noted."""

from __future__ import annotations

import ast
import hashlib
import sys
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.abc import ExecutionLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

from bench.errors import BenchError

from .entry import Entry
from .kinds import KINDS
from .scan import missing_library, scan

_PREFIX = "oodbench_plugin_"


@dataclass(frozen=True)
class PluginFile:
    """A Python file that registers something, as it was when it was read.

    `sha256` is the hash of its bytes and `text` their meaning; `unreadable` says why there are none, or is empty.
    `found` says that a `bench.toml` names it, and the user has not.
    """

    path: Path
    sha256: str
    text: str = field(repr=False)
    unreadable: str = ""
    found: bool = False

    @classmethod
    def read(cls, path: Path, *, found: bool = False) -> PluginFile:
        """The file at `path`. Raises `BenchError` if it cannot be read or is no Python file by its name."""
        if path.suffix != ".py":
            raise BenchError(f"The plugin {path} is no Python file. Name a file that ends in .py.")
        try:
            content = path.read_bytes()
            return cls(path, hashlib.sha256(content).hexdigest(), content.decode("utf-8"), found=found)
        except FileNotFoundError as error:
            raise BenchError(f"There is no plugin file {path}. Correct the path.") from error
        except (OSError, UnicodeDecodeError) as error:
            raise BenchError(f"Cannot read the plugin {path}: {error}.") from error

    @property
    def name(self) -> str:
        """The path, by which lists name the plugin."""
        return str(self.path)

    @property
    def label(self) -> str:
        """What is said of it beside a path."""
        return "plugin file"

    @property
    def waits(self) -> bool:
        """Whether a `bench.toml` alone names it, and nobody has asked for one of its names yet."""
        return self.found and self.module_name not in sys.modules

    @property
    def module_name(self) -> str:
        """What the module is called in `sys.modules`: other content, another name."""
        return f"{_PREFIX}{self.path.stem}_{self.sha256[:16]}"

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """What the file registers, with the reason where it is seen that it cannot be imported."""
        found = tuple(scan(self.text, self.path, KINDS, self))
        missing = missing_library(self.text) if found and not found[0].broken else ""
        return tuple(replace(one, broken=missing, summary=f"broken: {missing}") for one in found) if missing else found

    @property
    def broken(self) -> str:
        """Why nothing of it can be used, as far as that shows without importing it, or empty."""
        if self.unreadable:
            return self.unreadable
        return self.entries[0].broken if self.entries else self._why_nothing()

    def _why_nothing(self) -> str:
        try:
            ast.parse(self.text, self.path.name)
        except SyntaxError as error:
            return f"SyntaxError: {error}"
        decorators = ", ".join(f'@bench.{kind}("NAME")' for kind in KINDS)
        return f"it registers nothing: no class or function on its top level stands below one of {decorators}"

    def load(self) -> ModuleType:
        """The module that this content makes, run when it is first asked for. Raises whatever running it raises."""
        if self.module_name not in sys.modules:
            spec = spec_from_loader(self.module_name, _HeldText(self))
            assert spec is not None
            assert spec.loader is not None
            module = sys.modules[self.module_name] = module_from_spec(spec)
            try:
                spec.loader.exec_module(module)
            except BaseException:
                del sys.modules[self.module_name]
                raise
        return sys.modules[self.module_name]


class _HeldText(ExecutionLoader):
    """Gives Python the text that was read, whatever the file holds by now."""

    def __init__(self, file: PluginFile) -> None:
        self.file = file

    def get_filename(self, fullname: str) -> str:
        """The file's path, for tracebacks and `inspect`."""
        del fullname
        return str(self.file.path)

    def get_source(self, fullname: str) -> str:
        """The text."""
        del fullname
        return self.file.text


def file_of(module: str) -> PluginFile | None:
    """The plugin file that a loaded module was made from, if it was."""
    loader = getattr(getattr(sys.modules.get(module), "__spec__", None), "loader", None)
    return loader.file if isinstance(loader, _HeldText) else None


def loaded_files() -> list[PluginFile]:
    """Every plugin file whose code has been run in this process."""
    named = [name for name in list(sys.modules) if name.startswith(_PREFIX)]
    return [found for found in map(file_of, named) if found is not None]
