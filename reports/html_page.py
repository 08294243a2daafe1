"""What HTML pages are put together from: templates, one style, one script, and data that no text can break out of."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from .columns import MAIN_COLUMNS, OTHER_READINGS, meaning_of

FOLDER = Path(__file__).resolve().parent / "html"

READINGS = {"fpr_at_95_tpr": "ID positive", "fpr_at_95_tpr_ood": "OOD positive", "fpr_at_95_tpr_band": "ID, TPR band"}
"""What tells the readings of FPR@95 apart."""


def render(template: str, scripts: Sequence[str], **values: Any) -> str:
    """A page from one of the templates, every value escaped; `scripts` are the files of its script, in their order.

    The template takes `style`, `script` and `script_hash`, by which the page allows no script but its own.
    """
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    script = _closed("\n".join(_text(name) for name in scripts))
    page: str = environment.get_template(template).render(
        style=Markup(_text("page.css")),  # noqa: S704
        script=Markup(script),  # noqa: S704
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        **values,
    )
    return page


def json_in_script(data: Any) -> Markup:
    r"""The data as JSON that no text in it can end or leave the element `<script>`.

    >>> str(json_in_script("</script>"))
    '"\\u003c/script\\u003e"'
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704


def metric_choices() -> list[dict[str, Any]]:
    """The metrics that a page can switch between, AUROC first; the readings of FPR@95 say which they are."""
    columns = [*MAIN_COLUMNS, *OTHER_READINGS]
    return [
        {
            "key": column.metric,
            "title": "FPR@95" if column.metric in READINGS else column.title,
            "reading": READINGS.get(column.metric, ""),
            "higher": column.higher_is_better,
            "meaning": meaning_of(column) if column.metric in READINGS else "",
        }
        for column in sorted(columns, key=lambda column: column.metric != "auroc")
    ]


def _text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _closed(script: str) -> str:
    """The files in one function, so that they share names with nothing else."""
    return f'"use strict";\n(function () {{\n{script}\n}})();\n'
