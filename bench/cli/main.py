"""`bench`: the commands, and what an error looks like on the command line."""

from __future__ import annotations

import os
import signal
import sys

import typer

from bench.disk import disk_error, is_full
from bench.errors import BenchError
from bench.stopping import Interrupted, ask

from .ablate import ablate
from .audit import audit
from .check import check
from .compare import compare
from .data import app as data_app
from .describe import describe
from .detect import detect
from .doctor import doctor
from .export import export
from .extract import extract
from .gc import gc
from .index import index
from .leaderboard import leaderboard
from .listing import list_names
from .merge import merge
from .metrics import metrics
from .misclassification import misclassification
from .new import new
from .plot import plot
from .plugins import takes_plugins
from .report import report
from .reproduce import reproduce
from .rerun import rerun
from .run import run
from .status import status
from .table import table
from .threshold import threshold
from .toy import toy
from .train import train
from .verify import verify

app = typer.Typer(
    name="bench",
    help="Benchmark out-of-distribution detection. Scores are larger for more in-distribution images.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for command in (
    run,
    status,
    rerun,
    merge,
    gc,
    index,
    misclassification,
    reproduce,
    ablate,
    audit,
    toy,
    train,
    table,
    compare,
    verify,
    plot,
    report,
    leaderboard,
    metrics,
    threshold,
    detect,
    export,
    extract,
    check,
    new,
    describe,
    doctor,
):
    app.command()(takes_plugins(command))
app.command("list")(takes_plugins(list_names))
app.add_typer(data_app, name="data")

BAD_INPUT = 2


def main() -> None:
    """Run the command line; bad input is one message on stderr and exit code 2, a bug is a traceback."""
    signal.signal(signal.SIGINT, _interrupt)
    try:
        _run_and_flush()
    except BenchError as error:
        _end(str(error))
    except BrokenPipeError:  # whoever reads the output, such as head, wants no more of it
        _discard_output()
        sys.exit(1)
    except OSError as error:
        if not is_full(error):
            raise
        _discard_output()
        _end(str(disk_error(f"Cannot write {error.filename or 'what was to be printed'}", error)))
    except Interrupted:
        _end("Interrupted. What was done is kept; the same command goes on from there.")


def _run_and_flush() -> None:
    try:
        app()
    finally:
        sys.stdout.flush()  # else a full disk is only found when nobody can tell of it any more


def _discard_output() -> None:
    """Let what cannot be written to stdout go nowhere, so that Python does not try it again at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _interrupt(*_: object) -> None:
    if not ask():
        raise Interrupted


def _end(message: str) -> None:
    print(f"\nError: {message}" if sys.stderr.isatty() else f"Error: {message}", file=sys.stderr)
    sys.exit(BAD_INPUT)


if __name__ == "__main__":
    main()
