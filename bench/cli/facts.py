"""What `bench describe` tells of each kind: a text, and labelled facts of one or several lines."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.errors import UnknownNameError
from bench.plugins import Entry, PluginFile, active_files, all_plugins, code_of

from .kinds import Kind

if TYPE_CHECKING:
    from bench.ablation.file import Variant
    from bench.data.dataset import DataSet
    from bench.suites.suite import Suite

Fact = tuple[str, str | Sequence[str]]
Facts = list[Fact]


def facts_of(kind: Kind, name: str) -> tuple[str, Facts]:
    """The docstring of what `name` stands for, and facts about it; those that do not apply are left out.

    Raises `UnknownNameError` for a name that nothing of this kind has.
    """
    if kind in _BY_NAME:
        return _BY_NAME[kind](name)
    if kind is Kind.DATASET and (bound := _bound_set(name)) is not None:
        return bound
    if kind is Kind.DATASET and name.startswith("corrupt:"):
        return _corrupted_set(name)
    from bench.registry import registry

    entry = registry(kind.value).entry(name)
    found = entry.resolve()
    facts = [*_OF_KIND[kind](found), ("defined in", entry.origin), *_plugin_of(entry, found)]
    return inspect.getdoc(found) or "", [(label, value) for label, value in facts if value]


def _plugin_of(entry: Entry, found: Any) -> Facts:
    """Which plugin something comes from, and its code as content keys and provenance name it."""
    return [("plugin", entry.source.label), ("code", code_of(found) if entry.source.label else "")]


def _plugin(name: str) -> tuple[str, Facts]:
    plugins = {one.name: one for one in all_plugins()}
    plugins |= {one.path.name: one for one in active_files() if one.path.name not in plugins}
    if name not in plugins:
        raise UnknownNameError("plugin", name, plugins)
    found = plugins[name]
    text = f"Broken: {found.broken}." if found.broken else "Names of your own, or of an installed package."
    facts: Facts = [
        ("is", found.label),
        *((f"{one.kind} {one.name}", one.broken or one.origin) for one in found.entries),
        ("sha256", found.sha256 if isinstance(found, PluginFile) else ""),
    ]
    return text, [(label, value) for label, value in facts if value]


def _method(found: Any) -> Facts:
    from bench.method_contract import GROUPS, NEEDS

    needs = [words for name, words in NEEDS.items() if name in found.needs]
    return [
        ("paper", str(found.citation)),
        ("score", found.equation),
        ("group", f"{found.group}: {GROUPS[found.group]}"),
        ("parameters", _parameters(found)),
        ("search", [f"{name}: {', '.join(map(str, values))}" for name, values in found.search.items()]),
        ("objective", found.objective or "no network is needed"),
        ("needs", needs or ("nothing but pixels" if found.objective is None else "logits alone")),
        ("version", str(found.version)),
    ]


def _bound_set(name: str) -> tuple[str, Facts] | None:
    """What is told of a name that bench.toml binds, or None if it does not."""
    from bench.data.bound import BoundSet
    from bench.data.project import project_bindings

    bindings = project_bindings(Path.cwd())
    if name not in bindings:
        return None
    found = BoundSet(bindings[name])
    files = [f"{file.path} is there" if file.passes else f"{file.path} is missing" for file in found.status(Path())]
    facts: Facts = [*_facts_of_set(found), ("files", files), ("defined in", str(bindings[name].file))]
    if found.registered is None:
        return "Images of your own.", [(label, value) for label, value in facts if value and label != "source"]
    text = f"Images of your own in place of this set, whose facts they keep:\n\n{inspect.getdoc(found.registered)}"
    return text, [(label, value) for label, value in facts if value]


def _corrupted_set(name: str) -> tuple[str, Facts]:
    from bench.data.project import project_bindings
    from bench.data.resolve import resolve_dataset

    found = resolve_dataset(name, project_bindings(Path.cwd()), {})
    return inspect.getdoc(found) or "", [(label, value) for label, value in _facts_of_set(found) if value]


def _dataset(found: Any) -> Facts:
    return _facts_of_set(found(), _parameters(found))


def _facts_of_set(found: DataSet, parameters: Sequence[str] = ()) -> Facts:
    from bench.data.download import readable_bytes

    transform = found.training_transform()
    counts = [f"{count:,} {split}" for split, count in found.counts.items()]
    download = f", {readable_bytes(found.download_bytes)} to download" if found.download_bytes else ""
    return [
        ("title", found.title),
        ("source", str(found.citation)),
        ("licence", found.licence),
        ("had", found.origin + download),
        ("by hand", getattr(found, "by_hand", "").format(root="DATA")),
        ("images", ", ".join(counts)),
        ("pixels", "x".join(map(str, found.image_size)) if found.image_size else "any size"),
        ("classes", _shortened(found.classes)),
        ("parameters", parameters),
        ("trained by", f"{found.default_network}, recipe {found.default_recipe}" if transform else ""),
        ("input", [f"{name}: {value}" for name, value in transform.to_dict().items()] if transform else ""),
        ("checksums", [f"{path}  {value}" for path, value in found.checksums.items()]),
    ]


def _network(found: Any) -> Facts:
    import torch

    with torch.device("meta"):  # the sizes alone
        plain, branched = found(10), found(10, confidence_branch=True)
    counts = [sum(parameter.numel() for parameter in built.parameters()) for built in (plain, branched)]
    return [
        ("paper", str(found.citation)),
        ("parameters", f"{counts[0]:,} for 10 classes; {counts[1]:,} with the confidence branch"),
        ("features", str(plain.classifier.in_features)),
        ("also called", [f"{other} for {own}" for other, own in found.aliases.items()]),
    ]


def _objective(found: Any) -> Facts:
    return [
        ("parameters", _parameters(found)),
        ("network", "with the confidence branch" if found.confidence_branch else "without the confidence branch"),
    ]


def _corruption(found: Any) -> Facts:
    from bench.corruptions.corruption import CITATION

    return [
        ("paper", str(CITATION)),
        ("family", found.family),
        ("of CIFAR-10-C", "; ".join(map(_constants, found.small))),
        ("of ImageNet-C", "; ".join(map(_constants, found.large))),
        ("applied by", f"corrupt:NAME:{found.name}:SEVERITY as the name of a data set, severity 1 to 5"),
    ]


def _constants(level: Any) -> str:
    return ", ".join(f"{one:g}" for one in level) if isinstance(level, tuple) else f"{level:g}"


def _report(found: Any) -> Facts:
    del found
    return []


def _recipe(name: str) -> tuple[str, Facts]:
    from bench.training.recipe import FOLDER, load_recipe, read_recipe

    tables = read_recipe(name)
    base = load_recipe(name, "", "").to_dict()
    base |= base.pop("augmentation")
    overrides = [(f"[{path}]", _assignments(table)) for path, table in _overrides(tables)]
    settings = _assignments({key: value for key, value in base.items() if key != "name"})
    facts: Facts = [("settings", settings), *overrides, ("defined in", str(FOLDER / f"{name}.toml"))]
    return str(tables["summary"]), facts


def _overrides(tables: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The tables of a recipe file that override its defaults, by their dotted paths."""
    found = []
    for owner in ("dataset", "network"):
        for name, table in tables.get(owner, {}).items():
            found.append((f"{owner}.{name}", table))
            found += [(f"{owner}.{name}.dataset.{inner}", one) for inner, one in table.get("dataset", {}).items()]
    return [(path, {key: value for key, value in table.items() if key != "dataset"}) for path, table in found]


def _assignments(table: Mapping[str, Any]) -> list[str]:
    flat = {**table, **table.get("augmentation", {})}
    return [f"{key} = {value}" for key, value in flat.items() if key != "augmentation"]


def _ablation(name: str) -> tuple[str, Facts]:
    from bench.ablation.file import FOLDER, read_ablation

    found = read_ablation(name)
    transfer = f"{found.transfer}, gains counted from {found.reference:g}" if found.transfer else ""
    facts: Facts = [
        ("varies", found.axis),
        ("variants", [_variant(variant) for variant in found.variants]),
        ("transfer", transfer),
        *((key, found.base.get(key, ())) for key in ("method", "id", "ood")),
        ("settings", [f"{key} = {value}" for key, value in found.base["settings"].items()]),
        ("defined in", str(FOLDER / f"{name}.toml")),
    ]
    return found.summary, [(label, value) for label, value in facts if value]


def _variant(variant: Variant) -> str:
    settings = ", ".join(f"{key} = {value}" for key, value in variant.changes["settings"].items())
    return f"{variant.name}: {settings or 'as it is'}"


def _suite(name: str) -> tuple[str, Facts]:
    from bench.suites.library import find_suite

    found = find_suite(name)
    facts: Facts = [
        ("title", found.title),
        ("source", str(found.citation or "")),
        ("ID set", found.id),
        *((group, sets) for group, sets in found.groups.items()),
        ("covariate", found.covariate),
        ("tuned on", f"{found.tune_on}, with the protocol heldout-ood" if found.tune_on else ""),
        ("shown first", ", ".join(found.metrics)),
        ("images there", [f"{one}: {count:,}" for one, count in found.images.items()]),
        ("settings", [f"{key} = {value}" for key, value in found.settings.items()]),
        ("archives", _archives(found)),
        ("remarks", found.all_notes),
        ("defined in", str(found.origin or "")),
    ]
    return found.summary, [(label, value) for label, value in facts if value]


def _archives(suite: Suite) -> list[str]:
    """The files of the authors' own that take the place of a set where they are in the folder of data sets."""
    from bench.data.bindings import parse_bindings

    tables = {name: one.table for name, one in suite.archives.items()}
    return list(map(str, parse_bindings(tables, suite.origin or Path(), base=Path()).values()))


def _protocol(name: str) -> tuple[str, Facts]:
    from bench.running.protocol import PROTOCOLS

    if name not in PROTOCOLS:
        raise UnknownNameError("protocol", name, PROTOCOLS)
    return f"Parameters of methods: {PROTOCOLS[name]}.", []


def _paper(name: str) -> tuple[str, Facts]:
    from bench.reproducing.library import paper_path
    from bench.reproducing.paper import load_paper

    paper = load_paper(name)
    facts: Facts = [
        ("paper", str(paper.citation)),
        ("rows", [row.key for row in paper.rows]),
        ("columns", [column.title for column in paper.columns]),
        ("methods", [f"{method.title}: {method.method or method.lacking}" for method in paper.methods]),
        ("protocol", f"{paper.protocol}, recipe {paper.recipe}"),
        ("runs", f"{paper.seeds} in the paper" if paper.seeds else "number not known"),
        ("options", [f"{key}: {option.about}" for key, option in paper.options.items()]),
        ("not to be had", [f"{key}: {why}" for key, why in paper.lacking.items()]),
        ("remarks", paper.notes),
        ("defined in", str(paper_path(name))),
    ]
    return paper.title, [(label, value) for label, value in facts if value]


def _parameters(found: Callable[..., Any]) -> list[str]:
    return [f"{one.name} = {one.default!r}" for one in inspect.signature(found).parameters.values()]


def _shortened(classes: Sequence[str]) -> str:
    shown = ", ".join(classes[:10]) + (", …" if len(classes) > 10 else "")
    return f"{len(classes)}: {shown}" if classes else ""


_OF_KIND: dict[Kind, Callable[[Any], Facts]] = {
    Kind.METHOD: _method,
    Kind.DATASET: _dataset,
    Kind.CORRUPTION: _corruption,
    Kind.NETWORK: _network,
    Kind.OBJECTIVE: _objective,
    Kind.REPORT: _report,
}

_BY_NAME: dict[Kind, Callable[[str], tuple[str, Facts]]] = {
    Kind.RECIPE: _recipe,
    Kind.PROTOCOL: _protocol,
    Kind.PAPER: _paper,
    Kind.ABLATION: _ablation,
    Kind.SUITE: _suite,
    Kind.PLUGIN: _plugin,
}
