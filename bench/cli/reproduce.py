"""`bench reproduce`: a paper's table measured again, the published figures beside the measured ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.running.engines import EngineChoice

from .engines import takes_engine
from .kinds import Kind, all_named
from .options import Data, Device, Settings
from .results_folder import local

if TYPE_CHECKING:
    from bench.engine import Engine
    from bench.reproducing.request import Request


def _complete(incomplete: str) -> list[tuple[str, str]]:
    return [(one.name, one.summary) for one in all_named(Kind.PAPER) if one.name.startswith(incomplete)]


Name = Annotated[
    str,
    typer.Argument(
        help="A paper's table (see: bench list papers), or a table's file ….toml.", autocompletion=_complete
    ),
]
Rows = Annotated[
    list[str] | None, typer.Option(help="Which rows: network/id/ood, such as 'vgg13/cifar10/*' (default: all).")
]
Network = Annotated[str | None, typer.Option(help="Run this network in place of the rows' own.")]
Recipe = Annotated[str | None, typer.Option(help="Training recipe (default: the paper's).")]
Seeds = Annotated[
    int | None, typer.Option(min=1, help="Train with the seeds 0 to K-1 (default: as many as the paper).")
]
Options = Annotated[list[str] | None, typer.Option(help="A named option of the table's protocol.")]
Bind = Annotated[
    list[str] | None, typer.Option(metavar="NAME=KIND:PATH", help="Local images of a data set of the table.")
]
OnlyTrained = Annotated[
    bool, typer.Option("--only-trained", help="Train nothing: use networks that are found trained.")
]
Out = Annotated[
    Path | None, typer.Option(metavar="DIR", parser=local, help="Folder of the results (default: runs/NAME).")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print rows, networks, missing data and estimated time, and stop.")
]


@takes_engine
def reproduce(
    name: Name,
    rows: Rows = None,
    network: Network = None,
    recipe: Recipe = None,
    seeds: Seeds = None,
    option: Options = None,
    setting: Settings = None,
    bind: Bind = None,
    only_trained: OnlyTrained = False,
    device: Device = "auto",
    *,
    engine: EngineChoice,
    data: Data = None,
    out: Out = None,
    dry_run: DryRun = False,
) -> None:
    """Measure a paper's table again: train or find the networks, evaluate under its protocol, write it in its layout.

    Published and measured figures stand side by side in Markdown, LaTeX, HTML and CSV. Rows whose data are missing are
    marked "not run". The same command resumes. Example, on a CPU:

    bench reproduce devries2018-table1 --rows 'vgg13/cifar10/*' --network resnet20 --recipe quick --seeds 3
    """
    from bench.data.bindings import parse_binding
    from bench.data.project import project_bindings
    from bench.reproducing.request import Request
    from bench.running.specification import settings_from

    bound = [parse_binding(text) for text in bind or []]
    request = Request.of(
        name,
        rows=tuple(rows or ()),
        network=network,
        recipe=recipe,
        seed_count=seeds,
        options=tuple(option or ()),
        settings=settings_from(setting or []),
        bindings={**project_bindings(Path.cwd()), **{one.name: one for one in bound}},
        device=device,
        data=data,
        out=out or Path("runs") / Path(name).stem,
        only_trained=only_trained,
    )
    chosen = engine.make(request.out, request.device)
    if dry_run:
        from bench.reproducing.plan import plan_lines

        print("\n".join(plan_lines(request)))
        return
    _run(request, chosen)


def _run(request: Request, engine: Engine) -> None:
    from bench.paper_table import TYPESETTERS
    from bench.progress import say
    from bench.reproducing.reproduce import reproduce as measure
    from bench.reproducing.reproduce import write_table
    from bench.running.failures import closing_lines

    found = measure(request, engine)
    print(TYPESETTERS.get("md")(found.table), end="")
    for path in write_table(found.table, request.out):
        say(f"wrote {path}")
    if found.failures:
        say("\n" + "\n".join(closing_lines(found.failures)))
        raise typer.Exit(2 if all(failure.mendable for failure in found.failures) else 1)
