"""The choice between a table for people and JSON for machines."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class TableOrJson(StrEnum):
    """How a result is printed on stdout."""

    TABLE = "table"
    JSON = "json"


FormatOption = Annotated[TableOrJson, typer.Option("--format", help="What is printed on stdout.")]
