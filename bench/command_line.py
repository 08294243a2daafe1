"""A command as it is kept beside results: one that another machine can repeat, and that tells nothing of this one."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Sequence
from pathlib import Path

_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./~$-]+")


def command_text(words: Sequence[str]) -> str:
    """The words as a shell takes them, with paths below the current folder relative to it.

    Paths below the folder of data sets begin with `$BENCH_DATA`, others below the user's home with `~`; those elsewhere
    stay as they are.
    """
    return " ".join(_quoted(_named(word)) for word in words)


def _named(word: str) -> str:
    """The word with the folders that have a shorter name in place; the innermost folder gives the name."""
    for folder, name in sorted(_names().items(), key=lambda one: -len(one[0])):
        word = _renamed(word, folder, name)
    return word


def _renamed(word: str, folder: str, name: str) -> str:
    """The word with another name for a folder, which begins the word or stands behind `NAME=KIND:` or `--option=`."""
    place = rf"(^|[=:,]){re.escape(folder)}(/|$)"
    return re.sub(place, lambda found: found[1] + _joined(name, found[2]), word)


def _joined(name: str, slash: str) -> str:
    """The name of a folder and what stood behind it; of the current folder nothing is left but itself alone."""
    return name + slash if name else ("" if slash else ".")


def _names() -> dict[str, str]:
    """What folders are called, by their paths without a slash at the end; the root is none."""
    named = {str(Path.home()): "~"}
    if os.environ.get("BENCH_DATA"):
        named[os.path.abspath(os.environ["BENCH_DATA"])] = "$BENCH_DATA"  # noqa: PTH100 - links stay as they are called
    named[str(Path.cwd())] = ""
    return {folder: name for folder, name in named.items() if folder != "/"}


def _quoted(word: str) -> str:
    """The word as a shell takes it; names of folders stay what the shell replaces."""
    if _PLAIN.fullmatch(word) and (word.startswith("~") or "~" not in word):
        return word
    return f'"{word}"' if "$BENCH_DATA" in word and not set(word) & set('"`\\') else shlex.quote(word)
