"""`bench report`: a run as one page to read."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from .options import Data
from .results_folder import local, results


class ReportFormat(StrEnum):
    """What the report is written as."""

    html = "html"
    md = "md"
    latex = "latex"
    pdf = "pdf"


def report(
    folder: Annotated[
        Path, typer.Argument(metavar="[RUN]", parser=results, help="Results folder of bench run --out.")
    ] = Path("runs/latest"),
    output_format: Annotated[
        ReportFormat, typer.Option("--format", help="html: one file that needs no network; md, latex, or pdf.")
    ] = ReportFormat.html,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", parser=local, help="The file (default: report.… in the results folder)."),
    ] = None,
    gallery: Annotated[
        bool, typer.Option("--gallery", help="Show the images that the best method is most wrong about.")
    ] = False,
    gallery_method: Annotated[str | None, typer.Option(help="Another method for --gallery.")] = None,
    images: Annotated[
        list[str] | None, typer.Option(help="For --gallery, where a bound set is: NAME=KIND:SOURCE.")
    ] = None,
    transfer: Annotated[
        Path | None,
        typer.Option(metavar="RUN", parser=results, help="Folder of a bench ablate run whose transfer is shown too."),
    ] = None,
    data: Data = None,
) -> None:
    """Write what a run found as one page: the answer in words, table, curves, provenance. Prints the file's path.

    The HTML page opens from disk. Example: bench report runs/latest --gallery
    """
    from bench.address import shown as address
    from bench.data.location import data_root
    from bench.errors import BenchError
    from bench.remote import put_reports
    from bench.reporting import write_report
    from bench.reporting.galleries import galleries_of

    for option, value in (("--gallery-method", gallery_method), ("--images", images)):
        if value and not gallery:
            raise BenchError(f"{option} says what a gallery is of. Give --gallery too, or leave it out.")
    shown, remarks = galleries_of(folder, data_root(data), images or [], method=gallery_method) if gallery else ([], [])
    settings = {"--gallery": ""} if gallery else {}
    settings |= {"--gallery-method": gallery_method} if gallery_method else {}
    settings |= {"--transfer": address(transfer)} if transfer else {}
    written = write_report(
        folder,
        output_format.value,
        out=out,
        galleries=shown,
        remarks=remarks,
        transfers=transfer,
        settings=settings,
    )
    put_reports(folder, [written])
    print(written)
