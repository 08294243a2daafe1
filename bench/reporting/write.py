"""Write the report of a results folder as one file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.address import shown
from bench.atomic import write_text
from bench.command_line import command_text
from bench.errors import BenchError
from bench.report_page import REPORT_PAGES, Gallery

from .browser import print_pdf
from .gather import gather

FORMATS = {"html": "html", "md": "md", "latex": "tex", "pdf": "pdf"}
"""The endings of the files by the names of the formats."""


def write_report(
    folder: Path,
    output_format: str = "html",
    *,
    out: Path | None = None,
    galleries: Sequence[Gallery] = (),
    remarks: Sequence[str] = (),
    transfers: Path | None = None,
    settings: Mapping[str, str] | None = None,
) -> Path:
    """Write `report.html` (`.md`, `.tex`, `.pdf`) into `folder`, or to `out`; returns its path.

    `transfers` is the folder of a `bench ablate` run whose transfer is shown too, `settings` what else the command
    said. A PDF is the HTML
    page as a Chromium browser prints it. Raises `BenchError` for an unknown format, without results, or where no
    browser is found.
    """
    if output_format not in FORMATS:
        raise BenchError(f"There is no report format '{output_format}'. Known: {', '.join(FORMATS)}.")
    path = out or folder / f"report.{FORMATS[output_format]}"
    words = ["bench", "report", shown(folder), "--format", output_format]
    words += [word for pair in (settings or {}).items() for word in pair if word]
    material = gather(
        folder,
        command=command_text(words),
        galleries=galleries,
        remarks=remarks,
        transfers=transfers,
    )
    if output_format == "pdf":
        print_pdf(REPORT_PAGES.get("html")(material), path)
    else:
        write_text(path, REPORT_PAGES.get(output_format)(material))
    return path
