"""Writes the tables of README.md and docs/ from the registries; run `python docs/generate.py`, or with `--check`.

What stands between `<!-- begin:NAME -->` and `<!-- end:NAME -->` in a Markdown file is replaced by what the function
of that name makes. With `--check` nothing is written, and the exit code is 1 when a file is not up to date.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.registry import Registry
from docs import method_pages
from docs.method_pages import paper

ROOT = Path(__file__).resolve().parent.parent

BY_HAND = {"demo-table"}
"""Marked parts that are pasted from the results of a run, not generated."""

_PART = re.compile(r"(?P<begin><!-- begin:(?P<name>[a-z-]+) -->\n).*?(?P<end><!-- end:(?P=name) -->)", re.DOTALL)


def main() -> None:
    """Bring the files up to date, or with `--check` say which are not."""
    texts = {path: path.read_text(encoding="utf-8") for path in documents()}
    stale = {path: new for path, old in texts.items() if (new := render(old)) != old}
    check = "--check" in sys.argv[1:]
    for path, text in stale.items():
        if check:
            print(f"{path.relative_to(ROOT)} is not up to date. Run: python docs/generate.py", file=sys.stderr)
        else:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(ROOT)}")
    sys.exit(1 if check and stale else 0)


def documents() -> list[Path]:
    """The Markdown files that may have generated parts."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def render(text: str) -> str:
    """`text` with every generated part made anew; raises `KeyError` for a name that nothing makes."""

    def make(part: re.Match[str]) -> str:
        name = part["name"]
        return part[0] if name in BY_HAND else f"{part['begin']}{PARTS[name]()}\n{part['end']}"

    return _PART.sub(make, text)


def methods() -> str:
    """What each method computes, needs and may tune, and its paper."""
    from bench.method_contract import METHODS

    rows = []
    for entry in METHODS.entries.values():
        found = entry.resolve()
        defaults = ", ".join(f"{name} {value}" for name, value in found().parameters().items()) or "none"
        row = (f"`{entry.name}`", entry.summary, defaults, found.objective or "no network", paper(found.citation))
        rows.append(row)
    return table(("method", "score", "parameters", "trained with", "paper"), rows)


def method_groups() -> str:
    """The names of all methods by group."""
    return table(("group", "methods"), method_pages.names_by_group())


def method_details() -> str:
    """Every method in full."""
    return method_pages.details()


def method_figures() -> str:
    """What every method reached in the committed results, under the methods' published parameters."""
    return _figures("published")


def method_figures_tuned() -> str:
    """The same with parameters tuned on another OOD set."""
    return _figures("heldout-ood")


def _figures(protocol: str) -> str:
    kinds = [f"AUROC {kind} ↑" for kind in (*method_pages.KINDS, "all")]
    head = ("method", *kinds, "FPR@95 all ↓", "fit, s", "µs per image", "peak memory, MB")
    return table(head, method_pages.figures(protocol))


def datasets() -> str:
    """The facts of every data set."""
    from bench.data.dataset import DATASETS
    from bench.data.download import readable_bytes

    rows = []
    for entry in DATASETS.entries.values():
        found = entry.resolve()
        counts = ", ".join(f"{count:,} {split}" for split, count in found.counts.items())
        size = "×".join(map(str, found.image_size)) if found.image_size else "any"
        download = f", {readable_bytes(found.download_bytes)}" if found.download_bytes else ""
        row = (f"`{entry.name}`", counts, size, found.obtained + download, found.licence, paper(found.citation))
        rows.append(row)
    return table(("data set", "images", "pixels", "obtained", "licence", "source"), rows)


def corruptions() -> str:
    """What each corruption does, by family, with its constants."""
    from bench.corruptions.corruption import CORRUPTIONS

    def constants(levels: Iterable[Any]) -> str:
        each = (level if isinstance(level, tuple) else (level,) for level in levels)
        return "; ".join(", ".join(f"{number:.3g}" for number in level) for level in each)

    found = [(entry, entry.resolve()) for entry in CORRUPTIONS.entries.values()]
    order = ("noise", "blur", "weather", "digital")
    rows = [
        (f"`{entry.name}`", kind.family, first_line(entry.summary), constants(kind.small), constants(kind.large))
        for entry, kind in sorted(found, key=lambda one: order.index(one[1].family))
    ]
    return table(("kind", "family", "what it is", "up to 64 pixels", "larger images"), rows)


def dataset_names() -> str:
    """The names of all data sets by the way they are had."""
    from bench.data.dataset import DATASETS

    ways = {
        "embedded": "shipped with a dependency",
        "generated": "computed",
        "torchvision": "downloaded when you agree",
        "archive": "unpacked by you",
    }
    found = {name: entry.resolve().obtained for name, entry in DATASETS.entries.items()}
    lines = []
    for way, words in ways.items():
        names = ", ".join(f"`{name}`" for name in found if found[name] == way)
        lines.append(f"- {words}: {names}")
    return "\n".join(lines)


def binding_kinds() -> str:
    """What a name can be bound to, how that is written, and what a table may say besides."""
    from bench.data.binding_kind import BINDING_KINDS

    rows = []
    for one in BINDING_KINDS.entries.values():
        kind = one.resolve()
        keys = ", ".join(f"`{key}`" for key in kind.keys) or "–"
        rows.append((f"`{one.name}:{kind.form}`", " ".join((kind.__doc__ or "").split()), keys))
    return table(("written", "images", "further keys in bench.toml"), rows)


def network_kinds() -> str:
    """What may stand before the colon of a network's name, and what it means."""
    from bench.zoo.opening import KINDS

    return table(("written", "network"), [(f"`{kind}:…`", words) for kind, words in KINDS.items()])


def transform_keys() -> str:
    """What an input transform in a TOML file says, and what holds where it does not."""
    from dataclasses import MISSING, fields

    from bench.data.transform import InputTransform
    from bench.data.transform_file import MEANINGS

    rows = []
    for one in fields(InputTransform):
        default = "–" if one.default in (MISSING, None) else f"`{one.default}`"
        rows.append((f"`{one.name}`", MEANINGS[one.name], "as many as means" if one.name == "channels" else default))
    return table(("key", "meaning", "default"), rows)


def networks() -> str:
    """What each network is, and its paper."""
    from bench.networks.classifier import NETWORKS

    rows = [(f"`{one.name}`", one.summary, paper(one.resolve().citation)) for one in NETWORKS.entries.values()]
    return table(("network", "what it is", "paper"), rows)


def recipes() -> str:
    """What each training recipe is for."""
    from bench.training.recipe import recipe_names, recipe_summary

    return table(("recipe", "what it is for"), [(f"`{name}`", recipe_summary(name)) for name in recipe_names()])


def objectives() -> str:
    """The training objectives."""
    from bench.training.objective import OBJECTIVES

    return summaries("objective", OBJECTIVES)


def reports() -> str:
    """The files that are made from results."""
    from bench.report import REPORTS

    return summaries("report", REPORTS)


def prediction_reports() -> str:
    """The files that are made of right and wrong predictions."""
    from bench.prediction_report import PREDICTION_REPORTS

    return summaries("report", PREDICTION_REPORTS)


def papers() -> str:
    """The papers' tables that can be measured again."""
    from bench.reproducing.library import paper_names
    from bench.reproducing.paper import load_paper

    found = [load_paper(name) for name in paper_names()]
    rows = [(f"`{one.name}`", one.title, str(len(one.rows)), one.protocol, one.recipe) for one in found]
    return table(("name", "table", "rows", "protocol", "recipe"), rows)


def suites() -> str:
    """The suites that are shipped."""
    from bench.suites.library import find_suite, suite_names

    rows = []
    for name in suite_names():
        found = find_suite(name)
        groups = [f"{group}: {', '.join(f'`{one}`' for one in sets)}" for group, sets in found.groups.items()]
        shifted = ", ".join(f"`{one}`" for one in found.covariate) or "–"
        source = paper(found.citation) if found.citation else "–"
        rows.append((f"`{name}`", f"`{found.id}`", "<br>".join(groups), shifted, source))
    return table(("suite", "ID set", "OOD sets", "full spectrum", "source"), rows)


def protocols() -> str:
    """How parameters may be chosen."""
    from bench.running.protocol import PROTOCOLS

    return table(("protocol", "parameters are"), [(f"`{name}`", words) for name, words in PROTOCOLS.items()])


def commands() -> str:
    """Each command with its first line of help."""
    return table(("command", "what it does"), [(f"`{name}`", first_line(one.help)) for name, one in walk_commands()])


def command_options() -> str:
    """Each command with all of its arguments and options."""
    sections = []
    for name, command in walk_commands():
        rows = [(f"`{option_name(one)}`", one.help or "") for one in command.params]
        parts = [f"### `{name}`", first_line(command.help)]
        sections += [*parts, table(("option", "what it is"), rows)] if rows else parts
    return "\n\n".join(sections)


def walk_commands() -> Iterable[tuple[str, Any]]:
    """Every command of the command line with its full name; a group gives its commands."""
    import typer

    from bench.cli.main import app

    top: Any = typer.main.get_command(app)
    for name, command in top.commands.items():
        inner = getattr(command, "commands", {})
        if inner:
            yield from ((f"bench {name} {inner_name}", one) for inner_name, one in inner.items())
        else:
            yield f"bench {name}", command


def option_name(parameter: Any) -> str:
    """How a parameter is typed: `--out`, or an argument in capitals."""
    return str(parameter.opts[0] if parameter.param_type_name == "option" else parameter.name.upper())


def first_line(text: str) -> str:
    """The first paragraph of a help text, on one line."""
    return text.partition("\n\n")[0].replace("\n", " ")


def summaries(kind: str, registry: Registry) -> str:
    """A table of names and the first lines of their docstrings."""
    return table((kind, "what it is"), [(f"`{one.name}`", one.summary) for one in registry.entries.values()])


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; bars in cells are escaped."""
    lines = [head, ["---"] * len(head), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def checks(kind: str) -> Callable[[], str]:
    """What makes the table of the conformance checks of a kind."""

    def made() -> str:
        from bench.testing.checks import CHECKS

        return table(("check", "what must hold"), [(f"`{one.name}`", one.meaning) for one in CHECKS[kind]])

    return made


PARTS: dict[str, Callable[[], str]] = {
    "methods": methods,
    "method-groups": method_groups,
    "method-details": method_details,
    "method-figures": method_figures,
    "method-figures-tuned": method_figures_tuned,
    "datasets": datasets,
    "dataset-names": dataset_names,
    "binding-kinds": binding_kinds,
    "corruptions": corruptions,
    "networks": networks,
    "network-kinds": network_kinds,
    "transform-keys": transform_keys,
    "recipes": recipes,
    "objectives": objectives,
    "reports": reports,
    "prediction-reports": prediction_reports,
    "papers": papers,
    "protocols": protocols,
    "suites": suites,
    "method-checks": checks("method"),
    "dataset-checks": checks("dataset"),
    "network-checks": checks("network"),
    "commands": commands,
    "command-options": command_options,
}


if __name__ == "__main__":
    main()
