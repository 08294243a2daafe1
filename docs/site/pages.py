"""Pages of the site that lie outside `docs/`: measured results, what is said of security, and the links to them."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[2]
SHOWN = {".md", ".png", ".csv", ".json", ".toml"}

_LINK = re.compile(r"\[([^\]]*)\]\(((?:\.\./)+[^)\s]+)\)")


def on_files(files: Files, *, config: Any) -> Files:
    """Add the folder `results/` to the pages, under its own name, and SECURITY.md."""
    files.append(File.generated(config, "security.md", abs_src_path=str(ROOT / "SECURITY.md")))
    for path in sorted((ROOT / "results").rglob("*")):
        if path.suffix in SHOWN:
            uri = path.relative_to(ROOT).as_posix()
            files.append(File.generated(config, uri, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Let links that leave `docs/`, or come into it from `results/`, lead to where these pages are on the site.

    A link to what is not on the site, such as a test, is left as its text.
    """
    folder = posixpath.dirname(page.file.src_uri)
    in_repository = folder if folder.startswith("results") else posixpath.join("docs", folder)

    def rewritten(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(in_repository, match[2]))
        if not target.startswith(("docs/", "results/")):
            return match[1]
        return f"[{match[1]}]({posixpath.relpath(target.removeprefix('docs/'), folder or '.')})"

    return _LINK.sub(rewritten, markdown)
