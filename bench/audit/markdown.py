"""An audit as Markdown, for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

BEST = 5


def as_markdown(data: Mapping[str, Any]) -> str:
    """The document that `audit.json` holds, as a page."""
    return "\n".join(_lines(data)) + "\n"


def _lines(data: Mapping[str, Any]) -> Iterator[str]:
    height, width, channels = data["shown_as"]
    yield f"# Audit of {data['id']} and {', '.join(one['ood'] for one in data['pairs'])}"
    yield ""
    shape = f"{height}x{width} with {channels} channel{'s' * (channels > 1)}"
    yield f"Images are compared as {shape}. AUROC regardless of direction."
    yield ""
    yield "| OOD set | verdict |"
    yield "| --- | --- |"
    yield from (f"| {_cell(one['ood'])} | {_cell(one['verdict'])} |" for one in data["pairs"])
    if data["id_test_in_train"] is not None:
        yield from ("", *_duplicates(data["id_test_in_train"]))
    for pair in data["pairs"]:
        yield from _pair(pair)


def _pair(pair: Mapping[str, Any]) -> Iterator[str]:
    yield from (
        "",
        f"## {pair['ood']}",
        "",
        f"{pair['verdict']}.",
        "",
        "| what alone | AUROC | how |",
        "| --- | --- | --- |",
    )
    for one in pair["statistics"][:BEST]:
        yield f"| {one['statistic']} | {one['auroc']:.4f} | {one['reads']} |"
    for one in pair["probes"]:
        count = " + ".join(f"{count:,}" for count in one["images"])
        yield f"| linear probe on {one['features']} | {one['auroc']:.4f} | cross-validated, {count} images |"
    yield ""
    facts = pair["facts"]
    for key in ("sizes", "modes"):
        yield f"- {key}: " + ", ".join(f"{name} ({count:,})" for name, count in facts[key].items())
    for one in pair["duplicates"]:
        yield from _duplicates(one)
    yield from (f"- {remark}" for remark in pair["remarks"])


def _duplicates(one: Mapping[str, Any]) -> Iterator[str]:
    near = "near-duplicates cannot be told" if one["near"] is None else f"{one['near']:,} near-duplicates"
    yield f"- of {one['images']:,} images of {one['among']} in {one['known']}: {one['exact']:,} exactly, {near}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
