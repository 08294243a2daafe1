"""`bench rerun`: ask a results folder for the same again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.running.engines import EngineChoice

from .engines import takes_engine
from .options import TrustCode
from .results_folder import target


@takes_engine
def rerun(
    folder: Annotated[
        Path, typer.Argument(metavar="RUN", parser=target, help="Results folder of bench run --out.")
    ] = Path("runs/latest"),
    failed: Annotated[bool, typer.Option("--failed", help="Only what failed, not what was never begun.")] = False,
    trust_code: TrustCode = False,
    *,
    engine: EngineChoice,
) -> None:
    """Run again what a results folder was asked for; what is done is not computed again.

    The folder knows its methods, data sets, networks, settings and the paths of their files; not the engine. Example:

    bench rerun --failed runs/latest
    """
    from bench.address import shown
    from bench.presence import at_work
    from bench.progress import say
    from bench.running.asking import asked_for
    from bench.running.execute import execute
    from bench.running.outcome import Outcome
    from bench.running.preparation import Preparation
    from bench.tending.rerun import specifications

    from .options import OutputFormat
    from .run import report_outcome

    asked = specifications(folder, only_failed=failed, trusts_code=trust_code)
    if not asked:
        say(f"Nothing in {shown(folder)} has failed.")
        return
    outcome = Outcome([], [])
    for specification in asked:
        preparation = Preparation(specification)
        with at_work(folder) if failed else asked_for(preparation):
            one = execute(preparation, engine.make(folder, specification.device))
        outcome = Outcome(outcome.rows + one.rows, outcome.failures + one.failures)
    report_outcome(asked[-1], outcome, OutputFormat.table)
