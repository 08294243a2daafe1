"""The report of a run as Markdown and as a LaTeX document: the answer, then the tables of the run."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.report_page import PageMaterial, report_page

from .comparison_table import ComparisonTable
from .escaping import latex, markdown
from .page_answer import Answer
from .page_block import PageBlock
from .style import looks
from .suite_blocks import suite_blocks

_PREAMBLE = r"""\documentclass[10pt]{article}
\usepackage[a4paper,landscape,margin=15mm]{geometry}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{booktabs}
\begin{document}
"""


@report_page("md")
def markdown_report(material: PageMaterial) -> str:
    """A heading and the answer for each block, the comparison tables, what is missing, and the command."""
    parts = ["# Report"]
    for answer in _answers(material):
        parts += [f"**{markdown(answer.question)}**", " ".join(map(markdown, answer.sentences))]
    parts += [_tables(material, "comparison.md").rstrip("\n"), *map(markdown, material.remarks)]
    parts.append(f"    {material.command}")
    return "\n\n".join(parts) + "\n"


@report_page("latex")
def latex_report(material: PageMaterial) -> str:
    """A document with the answer for each block, the comparison tables, and what is missing."""
    parts = []
    for answer in _answers(material):
        parts += [rf"\noindent\textbf{{{latex(answer.question)}}} " + " ".join(map(latex, answer.sentences))]
    parts += [_tables(material, "comparison.tex"), *(rf"\noindent {latex(text)}" for text in material.remarks)]
    return _PREAMBLE + "\n\n".join(parts) + "\n\\end{document}\n"


def _answers(material: PageMaterial) -> Iterator[Answer]:
    blocks = suite_blocks(material.results.rows, material.results.suites)
    shared = looks(label for block in blocks for label in block.labels)
    for place, block in enumerate(blocks):
        yield PageBlock(block, place, shared, material).answer


def _tables(material: PageMaterial, name: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        ComparisonTable().write(material.results, Path(folder))
        return (Path(folder) / name).read_text(encoding="utf-8")
