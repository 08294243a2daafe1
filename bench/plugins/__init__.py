"""Plugins: methods, data sets, networks and objectives of files and packages that are not this project's.

A file is activated by its path, an installed package is found by its entry points. Either way names are listed without
importing anything, and what is broken is listed with its reason.
"""

from .active import activate, activate_with_project, active_files, active_paths, ensure_active
from .code import code_entry, code_of, loaded_plugins, require_code
from .entry import Entry
from .file import PluginFile
from .found import Plugin, all_plugins, plugin_entries
from .installed import PluginPackage
from .kinds import GROUPS, KINDS
from .scan import scan
from .source import Importable, Refused
from .target import resolve_target

__all__ = [
    "GROUPS",
    "KINDS",
    "Entry",
    "Importable",
    "Plugin",
    "PluginFile",
    "PluginPackage",
    "Refused",
    "activate",
    "activate_with_project",
    "active_files",
    "active_paths",
    "all_plugins",
    "code_entry",
    "code_of",
    "ensure_active",
    "loaded_plugins",
    "plugin_entries",
    "require_code",
    "resolve_target",
    "scan",
]
