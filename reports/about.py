"""What a table says of its block as a whole: on what it was measured, and how accurate the networks are."""

from __future__ import annotations

from collections.abc import Sequence

from .blocks import Block
from .result_row import NO_NETWORK, USUAL_PRECISION, ResultRow, training_words
from .summary import DASH, Summary, images, percent, summarise

MOST_NAMED = 6
"""More methods than these are counted instead of named."""


def about(block: Block) -> str:
    """Number of ID images, network, protocol, precision where it is not the usual one, and the seeds."""
    network = "no network" if block.network == NO_NETWORK else f"network {block.network}"
    parts = [images(block.n_id), network, f"protocol {block.protocol}"]
    parts += [f"precision {precision}"] if (precision := unusual_precision(block)) else []
    return ", ".join(parts + _seed_words(block))


def unusual_precision(block: Block) -> str:
    """The precision where it is not the usual one, else nothing."""
    return "" if block.precision == USUAL_PRECISION else block.precision


def seeds_differ(block: Block) -> bool:
    """Whether the networks of a block's entries do not all have the same seeds."""
    return len({entry.seeds for entry in block.entries if entry.has_network}) > 1


def accuracy(block: Block) -> str:
    """The ID accuracy of each network, named by its objective and the methods that use it; empty without networks."""
    users: dict[tuple[str, str], list[str]] = {}
    for label in block.labels:
        rows = {
            (row.seed, row.weights): row for entry in block.entries_of(label) for row in entry.rows if row.has_network
        }
        if rows:
            objective = "/".join(dict.fromkeys(row.objective for row in rows.values()))
            users.setdefault((_accuracies(list(rows.values())), objective), []).append(label)
    parts = []
    for (figure, objective), labels in users.items():
        methods = ", ".join(labels) if len(labels) <= MOST_NAMED else f"{len(labels)} methods"
        trained = f" {training_words(objective)}" if objective else ""
        parts.append(figure + trained + (f" ({methods})" if len(users) > 1 else ""))
    return f"ID accuracy: {'; '.join(parts)}" if parts else ""


def _seed_words(block: Block) -> list[str]:
    """The seeds, where all entries have the same or none."""
    seeds = _known_seeds([entry.seeds for entry in block.entries])
    if len(seeds) != 1:
        return []
    [known] = seeds
    if len(known) == 1:
        return [f"seed {known[0]}"]
    return [f"mean ± sd over {len(known)} seeds ({', '.join(map(str, known))})"]


def _known_seeds(seeds: Sequence[tuple[int | None, ...]]) -> set[tuple[int, ...]]:
    known = {tuple(seed for seed in one if seed is not None) for one in seeds}
    return known - {()}


def _accuracies(rows: Sequence[ResultRow]) -> str:
    """The accuracy on the ID test images, and in brackets those on the covariate-shifted sets."""
    shifted = [f"{name}: {_accuracy_text(_mean_on(name, rows))}" for name in rows[0].shifted]
    own = _accuracy_text(summarise([row.id_accuracy for row in rows]))
    return f"{own} ({', '.join(shifted)})" if shifted else own


def _mean_on(name: str, rows: Sequence[ResultRow]) -> Summary | None:
    return summarise([row.shifted[name] for row in rows])


def _accuracy_text(summary: Summary | None) -> str:
    if summary is None:
        return DASH
    spread = "" if summary.sd is None else f" ± {percent(summary.sd, 2)}"
    return f"{percent(summary.mean, 2)}{spread} %"
