"""What tests make of the folders in which other libraries keep networks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

CLASSES = ("kite", "lamp", "mole")


def edited(folder: Path, copy: Path, file: str, changes: dict[str, Any]) -> Path:
    """A copy of a folder with some keys of one of its JSON files changed."""
    copy.mkdir()
    for one in folder.iterdir():
        (copy / one.name).write_bytes(one.read_bytes())
    (copy / file).write_text(json.dumps(json.loads((folder / file).read_text()) | changes))
    return copy
