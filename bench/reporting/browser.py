"""Let a Chromium browser print a page as PDF."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from bench.atomic import write_atomically
from bench.errors import BenchError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")


def print_pdf(page: str, path: Path) -> None:
    """Print the HTML text to a PDF file. Raises `BenchError` where no browser is found, or it fails."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        raise BenchError(
            f"A PDF is printed by a Chromium browser, and none was found ({', '.join(BROWSERS)}). Install one, or "
            "write --format html and print that."
        )
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "report.html", Path(folder) / "report.pdf"
        source.write_text(page, encoding="utf-8")
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", f"--user-data-dir={folder}"]
        wait = "--virtual-time-budget=10000"
        done = subprocess.run(
            [browser, *options, wait, f"--print-to-pdf={target}", source.as_uri()],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        if not target.exists():
            raise BenchError(f"{browser} could not print the page: {done.stderr.strip()[-500:]}")
        write_atomically(path, lambda temporary: temporary.write_bytes(target.read_bytes()))
