"""`bench`: the commands, and what an error looks like on the command line."""

from __future__ import annotations

import signal
import sys

import typer

from bench.errors import BenchError

from .ablate import ablate
from .data import app as data_app
from .describe import describe
from .detect import detect
from .doctor import doctor
from .listing import list_names
from .metrics import metrics
from .misclassification import misclassification
from .plot import plot
from .reproduce import reproduce
from .run import run
from .table import table
from .threshold import threshold
from .train import train

app = typer.Typer(
    name="bench",
    help="Benchmark out-of-distribution detection. Scores are larger for more in-distribution images.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for command in (run, misclassification, reproduce, ablate, train, table, plot, metrics, threshold, detect, describe, doctor):
    app.command()(command)
app.command("list")(list_names)
app.add_typer(data_app, name="data")

BAD_INPUT = 2


class Interrupted(BaseException):
    """Ctrl-C. Not an error: whatever catches errors lets it pass."""


def main() -> None:
    """Run the command line; bad input is one message on stderr and exit code 2, a bug is a traceback."""
    signal.signal(signal.SIGINT, _interrupt)
    try:
        app()
    except BenchError as error:
        _end(str(error))
    except Interrupted:
        _end("Interrupted. What was done is kept; the same command goes on from there.")


def _interrupt(*_: object) -> None:
    raise Interrupted


def _end(message: str) -> None:
    print(f"\nError: {message}" if sys.stderr.isatty() else f"Error: {message}", file=sys.stderr)
    sys.exit(BAD_INPUT)


if __name__ == "__main__":
    main()
