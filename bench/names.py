"""What things may be called: their names end up in paths, tables and commands."""

from __future__ import annotations

import re

from bench.errors import BenchError

LONGEST = 80
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*", re.ASCII)
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}


def why_no_name(text: str) -> str:
    """Why nothing can be called so, or empty."""
    if not _NAME.fullmatch(text) or text.endswith("."):
        return (
            "use letters, digits, '.', '_', '+' and '-', with a letter or digit at the beginning and no '.' at the end"
        )
    if len(text) > LONGEST:
        return f"use at most {LONGEST} characters"
    if text.partition(".")[0].lower() in _RESERVED:
        return "Windows keeps that name for a device"
    return ""


def require_name(text: str, kind: str) -> str:
    """The name itself. Raises `BenchError` where nothing of that `kind`, such as `data set`, can be called so."""
    why = why_no_name(text)
    if why:
        shown = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
        raise BenchError(f"{shown!r} cannot name a {kind}: {why}.")
    return text


def require_key(text: object) -> str:
    """The key of a cell, as it stands in the names of its files. Raises `BenchError` for a text that is none."""
    if not isinstance(text, str) or not re.fullmatch(r"[A-Za-z0-9_-]{1,80}", text, re.ASCII):
        raise BenchError(f"{text!r:.80} is no key of a result: someone has changed the files of these results.")
    return text
