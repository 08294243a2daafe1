"""All plugins of this process: active files and installed packages."""

from __future__ import annotations

from collections.abc import Iterator

from .active import active_files
from .entry import Entry
from .file import PluginFile
from .installed import PluginPackage, installed_packages

Plugin = PluginFile | PluginPackage


def all_plugins() -> tuple[Plugin, ...]:
    """Installed packages, then active files."""
    return (*installed_packages(), *active_files())


def plugin_entries(plugins: tuple[Plugin, ...], kind: str) -> Iterator[Entry]:
    """What `plugins` bring of one kind."""
    for plugin in plugins:
        yield from (entry for entry in plugin.entries if entry.kind == kind)
