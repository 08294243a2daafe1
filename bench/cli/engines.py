"""The options that say where cells are computed, which every command that runs a grid has."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

import typer

from bench.running.engines import EngineChoice, slurm_parameters

OPTIONS: dict[str, Any] = {
    "engine": Annotated[str | None, typer.Option(help="Where cells are computed: serial, processes, dask or slurm.")],
    "processes": Annotated[
        int | None,
        typer.Option(min=1, help="How many processes or jobs work at a time (default: one per GPU or core)."),
    ],
    "scheduler": Annotated[
        str | None, typer.Option(metavar="ADDRESS|FILE", help="Dask scheduler (default: processes of this machine).")
    ],
    "slurm": Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Parameter of SLURM jobs as submitit has it: timeout_min=60, …"),
    ],
    "patience": Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS", min=0, help="How long to wait while a Dask cluster has no workers (default: 300)."
        ),
    ],
}
"""The options by name; None where they are not given."""


def takes_engine(command: Callable[..., Any]) -> Callable[..., Any]:
    """`command` with the options, which it gets as one `EngineChoice` named `engine`.

    They are put where its own parameter of that name stands.
    """

    @wraps(command)
    def with_engine(*arguments: Any, **options: Any) -> Any:
        given = {name: options.pop(name, None) for name in OPTIONS}
        name, slurm = given.pop("engine"), slurm_parameters(given.pop("slurm") or ())
        return command(*arguments, **options, engine=EngineChoice(name, slurm=slurm, **given))

    signature = inspect.signature(command, eval_str=True)
    own = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=OPTIONS[name])
        for name in OPTIONS
    ]
    parameters: list[inspect.Parameter] = []
    for one in signature.parameters.values():
        parameters += own if one.name == "engine" else [one.replace(kind=inspect.Parameter.KEYWORD_ONLY)]
    with_engine.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    with_engine.__annotations__ = {**command.__annotations__, **OPTIONS}
    return with_engine
