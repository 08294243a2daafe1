"""The parts of the docs that tell of methods: what each is, and what it reached and cost in the committed results."""

from __future__ import annotations

import csv
import inspect
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import mean, median
from typing import Any

from bench.citation import Citation
from bench.method_contract import GROUPS, METHODS, NEEDS

RESULTS = Path(__file__).resolve().parent.parent / "results" / "cifar10-resnet20-methods" / "rows.csv"

KINDS: dict[str, tuple[str, ...]] = {
    "near": ("cifar100", "tinyimagenet-resize"),
    "far": ("svhn", "isun", "dtd", "mnist"),
    "noise": ("gaussian", "uniform"),
}
"""The OOD sets of the results by how far they are from CIFAR-10."""

Row = Mapping[str, str]


def names_by_group() -> list[tuple[str, str]]:
    """Each group of methods in words, and the names of its methods."""
    found = {group: [name for name in METHODS.names() if METHODS.get(name).group == group] for group in GROUPS}
    return [(f"`{group}`: {GROUPS[group]}", ", ".join(f"`{name}`" for name in names)) for group, names in found.items()]


def details() -> str:
    """Every method with its equation, needs, parameters and paper, by group."""
    parts = []
    for group, words in GROUPS.items():
        parts.append(f"### {group}\n\n{words[0].upper()}{words[1:]}.")
        parts += [_detail(name) for name in METHODS.names() if METHODS.get(name).group == group]
    return "\n\n".join(parts)


def figures(protocol: str) -> list[tuple[str, ...]]:
    """A line for each method: mean AUROC by kind of OOD set and FPR at 95 % TPR in percent, and what it cost.

    Sorted by the mean AUROC over all sets, highest first; empty where there are no results.
    """
    lines: dict[str, tuple[float, tuple[str, ...]]] = {}
    for method, rows in _by_method(protocol).items():
        area = {row["ood"]: float(row["auroc"]) for row in rows}
        overall = mean(area.values())
        shares = [mean(area[ood] for ood in sets if ood in area) for sets in KINDS.values()]
        shares += [overall, mean(float(row["fpr_at_95_tpr"]) for row in rows)]
        costs = (
            _middle(rows, "fit_seconds", 2),
            _middle(rows, "microseconds_per_image", 1),
            _middle(rows, "peak_memory_mb"),
        )
        lines[method] = overall, (f"`{method}`", *(f"{100 * share:.1f}" for share in shares), *costs)
    return [line for _, line in sorted(lines.values(), key=lambda one: -one[0])]


def paper(citation: Citation) -> str:
    """Surnames of the authors and the year, linked where there is an address."""
    authors = citation.authors.split(", ")
    if len(authors) > 1:
        authors = [name.split()[-1] for name in authors]
    words = f"{authors[0]} et al. {citation.year}" if len(authors) > 2 else f"{' & '.join(authors)} {citation.year}"
    return f"[{words}]({citation.url})" if citation.url else words


def _detail(name: str) -> str:
    found = METHODS.get(name)
    needs = ", ".join(words for need, words in NEEDS.items() if need in found.needs)
    if found.objective is None:
        needs = ", ".join(["pixels alone", *([needs] if needs else [])])
    facts = [
        f"- score: {found.equation}",
        f"- needs: {needs or 'logits alone'}",
        f"- parameters: {', '.join(_parameters(found)) or 'none'}",
        *([f"- tuned over: {_search(found.search)}"] if found.search else []),
        f"- paper: {paper(found.citation)}, {found.citation.title}",
    ]
    return f"#### {name}\n\n{METHODS.entry(name).summary}\n\n" + "\n".join(facts)


def _parameters(found: Any) -> Iterator[str]:
    for parameter in inspect.signature(found).parameters.values():
        yield f"`{parameter.name} = {parameter.default!r}`"


def _search(search: Mapping[str, Sequence[Any]]) -> str:
    return "; ".join(f"`{name}` in {', '.join(map(str, values))}" for name, values in search.items())


def _by_method(protocol: str) -> dict[str, list[Row]]:
    if not RESULTS.exists():
        return {}
    with RESULTS.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["protocol"] == protocol]
    return {
        name: [row for row in rows if row["method"] == name] for name in dict.fromkeys(row["method"] for row in rows)
    }


def _middle(rows: Sequence[Row], column: str, decimals: int = 0) -> str:
    known = [float(row[column]) for row in rows if row[column]]
    return f"{median(known):.{decimals}f}" if known else "–"
