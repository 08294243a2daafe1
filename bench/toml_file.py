"""TOML files, with errors that a user can mend."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from bench.errors import BenchError

PROJECT_FILE = "bench.toml"
"""The file in a project's folder that every command typed there reads."""


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a TOML file. Raises `BenchError` where it cannot be read or is no TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BenchError(f"There is no file {path}.") from error
    except OSError as error:
        raise BenchError(f"Cannot read {path}: {error.strerror or error}.") from error
    except RecursionError as error:
        raise BenchError(f"{path} is not valid TOML: it is nested too deeply.") from error
    except ValueError as error:  # TOMLDecodeError, UnicodeDecodeError, and numbers of thousands of digits
        raise BenchError(f"{path} is not valid TOML: {error}.") from error
