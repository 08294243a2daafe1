"""What tables in LaTeX are made of; they need the package booktabs."""

from __future__ import annotations

from collections.abc import Sequence

from .escaping import latex
from .table import Cell, Name

NOTE_CHARACTERS = 95
"""Characters of a note that fit into a line below a table."""


def floating_table(
    caption: str,
    size: str,
    head: Sequence[str],
    body: Sequence[str],
    below: Sequence[str],
    *,
    left: int = 1,
    fit: bool = False,
) -> str:
    """A `table` environment; all texts are LaTeX, `head` the titles of the columns, the first `left` to the left.

    With `fit` a table that is wider than the text is shrunk to it, which needs the package graphicx.
    """
    shrink = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"
    return "\n".join(
        [
            r"\begin{table}[tp]",
            rf"  \centering{size}\setlength{{\tabcolsep}}{{2.5pt}}",
            f"  \\caption{{{caption}}}\\smallskip",
            *([f"  {shrink}"] if fit else []),
            f"  \\begin{{tabular}}{{@{{}}{'l' * left}{'r' * (len(head) - left)}@{{}}}}",
            r"    \toprule",
            f"    {row(head)}",
            *body,
            r"    \bottomrule",
            r"  \end{tabular}" + ("}" if fit else ""),
            r"  \par\smallskip\begin{minipage}{\linewidth}\scriptsize\raggedright",
            "\\par\n".join(f"    {text}" for text in below),
            r"  \end{minipage}",
            r"\end{table}",
            "",
        ]
    )


def note_lines(notes: Sequence[str], numbers: Sequence[int]) -> list[str]:
    """The notes with these numbers, each led by its own."""
    return [f"$^{{{number}}}$ {latex(notes[number - 1])}" for number in sorted(set(numbers))]


def name(given: Name) -> str:
    """A name with the numbers of its notes."""
    return latex(given.text) + _superscript(given.marks)


def cell(given: Cell) -> str:
    """A figure, bold where it is the best, with its spread and the numbers of its notes."""
    mean = rf"\textbf{{{given.mean}}}" if given.best else latex(given.mean)
    spread = rf"\,{{\scriptsize$\pm$\,{given.sd}}}" if given.sd else ""
    return mean + spread + _superscript(given.marks)


def row(cells: Sequence[str]) -> str:
    """A line of a table."""
    return " & ".join(cells) + r" \\"


def _superscript(marks: Sequence[int]) -> str:
    return f"$^{{{','.join(map(str, marks))}}}$" if marks else ""
