"""`--plugin FILE.py`, which every command that takes names has, and the plugins that bench.toml names."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from bench.plugins import activate, activate_with_project


def _activate(context: typer.Context, paths: list[Path] | None) -> list[Path] | None:
    activate_with_project(paths or ())
    if context.info_name != "list":  # which says so of every plugin
        named = activate(paths or ())
        for file in (one for one in named if one.broken):
            typer.echo(f"Warning: The plugin {file.path} is broken: {file.broken}.", err=True)
    return paths


Plugins = Annotated[
    list[Path] | None,
    typer.Option(
        "--plugin",
        metavar="FILE.py",
        help="File with methods, data sets, networks or objectives of your own; may be given several times.",
        callback=_activate,
        is_eager=True,  # names in other options may be the plugin's
        expose_value=False,
    ),
]


def takes_plugins(command: Callable[..., Any]) -> Callable[..., Any]:
    """`command` with the option; its plugins are active before any other option is looked at."""

    @wraps(command)
    def with_plugins(*arguments: Any, plugin: Plugins = None, **options: Any) -> Any:
        del plugin
        return command(*arguments, **options)

    given = inspect.signature(command, eval_str=True)
    own = inspect.Parameter("plugin", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Plugins)
    with_plugins.__signature__ = given.replace(parameters=[*given.parameters.values(), own])  # type: ignore[attr-defined]
    with_plugins.__annotations__ = {**command.__annotations__, "plugin": Plugins}
    return with_plugins
