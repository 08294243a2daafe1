"""Names of any characters, made safe for Markdown, LaTeX, terminals and file names."""

from __future__ import annotations

import hashlib
import re
import unicodedata

_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~$])")
_TEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    "`": r"\textquoteleft{}",
    "[": "{[}",
    "]": "{]}",
    "*": "{*}",
    "-": "{-}",
    "–": "--",
    "—": "---",
    "−": r"$-$",
    "±": r"$\pm$",
    "↓": r"$\downarrow$",
    "↑": r"$\uparrow$",
    "·": r"$\cdot$",
    "µ": r"$\mu$",
    "…": r"\dots{}",
    **{character: f"\\{character}" for character in "&%$#_{}"},
}
_TEX_ACCENTS = frozenset("\u0300\u0301\u0302\u0303\u0308\u030c\u0327")
_TEX_LETTERS = frozenset("åÅæÆøØßœŒ")
LONGEST_STEM = 150
"""Characters of a file name, so that temporary names and endings fit beside it."""


def one_line(text: str) -> str:
    r"""The text without line breaks, control characters and runs of spaces.

    >>> one_line("a\tb\x1b[0m")
    'a b [0m'
    """
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


def markdown(text: str) -> str:
    r"""The text such that Markdown shows it as it is, also inside a table.

    >>> markdown("a|b_c")
    'a\\|b\\_c'
    """
    return _MARKDOWN.sub(r"\\\1", one_line(text).replace("&", "&amp;"))


def latex(text: str) -> str:
    r"""The text such that LaTeX sets it as it is; what its plain fonts lack becomes a code point.

    >>> latex("100 % of a_b")
    '100 \\% of a\\_b'
    """
    return "".join(_TEX.get(character) or _tex_letter(character) for character in one_line(text))


def superscript(number: int) -> str:
    """The number in superscript digits.

    >>> superscript(12), superscript(-3)
    ('¹²', '⁻³')
    """
    return str(number).translate(_SUPERSCRIPTS)


def display_width(text: str) -> int:
    """How many columns of a terminal the text takes.

    >>> display_width("日本 ok")
    7
    """
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) != 0 for character in text)


def pad(text: str, width: int, *, right: bool = False) -> str:
    """The text filled with spaces up to `width` columns, set to the left or to the right."""
    spaces = " " * (width - display_width(text))
    return spaces + text if right else text + spaces


def file_stem(*parts: str) -> str:
    """A file name without an ending from words; what had to be changed or cut is told apart by a hash.

    >>> file_stem("roc", "cifar10"), file_stem("a/b")
    ('roc_cifar10', 'a-b-c14cddc0')
    """
    stem = "_".join(_safe(part) for part in parts if part)
    return stem if len(stem) <= LONGEST_STEM else f"{stem[: LONGEST_STEM - 9]}-{_digest(stem)}"


def _safe(word: str) -> str:
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", word).strip(".-")
    return safe if safe == word else f"{safe}-{_digest(word)}".lstrip("-")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:8]


def _tex_letter(character: str) -> str:
    base, *accents = list(unicodedata.normalize("NFKD", character))
    if (
        character.isascii()
        or character in _TEX_LETTERS
        or (base.isascii() and len(accents) == 1 and accents[0] in _TEX_ACCENTS)
    ):
        return character
    return f"{{[}}U+{ord(character):04X}{{]}}"
