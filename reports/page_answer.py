"""The question of a run and its answer, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.statistics import smallest_difference

from .blocks import Block
from .cost_table import costs_of
from .page_significance import Compared
from .summary import percent

TRIVIAL = "baselines"
"""The group of methods that look at nothing that was learned."""

MOST_NAMED = 6

SIGNIFICANT = 0.05


@dataclass(frozen=True)
class SetAnswer:
    """The answer for one OOD set; AUROCs are fractions. `equals` are the methods that the tests cannot tell from the
    best; `trivial` is the best trivial baseline, empty where none was run.
    """

    ood: str
    best: str
    auroc: float
    interval: str
    equals: tuple[str, ...]
    trivial: str
    trivial_auroc: float


@dataclass(frozen=True)
class Answer:
    """Sentences on the whole, and a line for each OOD set."""

    question: str
    sentences: tuple[str, ...]
    sets: tuple[SetAnswer, ...]


def answer_of(block: Block, sets: list[Compared], mean: Compared | None, groups: Mapping[str, str]) -> Answer:
    """What the figures of a block say. `sets` and `mean` are its tests, `groups` by label."""
    names = ", ".join(section.ood for section in block.sections)
    question = f"Which score tells {block.id} apart from {names} best, given what {block.network} makes of the images?"
    lines = tuple(_set_answer(section.ood, one, groups) for section, one in zip(block.sections, sets, strict=True))
    whole = sets[0] if len(sets) == 1 else mean
    sentences = [_beaten(lines)]
    if whole is None:
        shared = set.intersection(*(set(one.labels) for one in sets))
        why = "The sets have too few images for means" if shared else "No method was run on all sets"
        sentences.insert(0, f"{why}, so there is no best one over them; the table has that of each set.")
    else:
        said = (_best(whole, len(sets)), _sure(whole), _resolved(whole), _trivial(whole, groups), _cost(block, whole))
        sentences = [*said, *sentences]
    return Answer(question, tuple(sentence for sentence in sentences if sentence), lines)


def _ranked(found: Compared, groups: Mapping[str, str], *, trivial: bool) -> list[int]:
    wanted = [place for place, label in enumerate(found.labels) if (groups.get(label) == TRIVIAL) == trivial]
    return sorted(wanted, key=lambda place: -found.aurocs[place])


def _best_place(found: Compared) -> int:
    return int(found.aurocs.argmax())


def _best(found: Compared, sets: int) -> str:
    place = _best_place(found)
    figure = percent(float(found.aurocs[place]), 1)
    over = f"a mean AUROC of {figure} % over {sets} OOD sets" if sets > 1 else f"an AUROC of {figure} %"
    return f"{found.labels[place]} is the best, with {over}{_in_brackets(_interval(found, place))}."


def _in_brackets(text: str) -> str:
    return f" (95 % interval {text})" if text else ""


def _interval(found: Compared, place: int) -> str:
    interval = found.interval(place)
    return "" if interval is None else f"{percent(interval.low, 1)}–{percent(interval.high, 1)}"


def _sure(found: Compared) -> str:
    best = _best_place(found)
    equals = sorted(found.best - {best}, key=lambda place: -found.aurocs[place])
    if len(found.labels) == 1:
        return "No other method was run, so there is nothing to compare it with."
    if not equals:
        return (
            "On these images it is significantly better than every other method "
            "(paired DeLong tests at 5 %, corrected by Holm)."
        )
    return (
        f"It is not significantly better than {_listed([found.labels[place] for place in equals])} "
        "(paired DeLong tests on the same images at 5 %, corrected by Holm)."
    )


def _resolved(found: Compared) -> str:
    """What so many images can tell apart, by the example of the best and the second."""
    if len(found.labels) == 1:
        return ""
    second, best = (int(place) for place in found.aurocs.argsort()[-2:])
    variance = found.variance_of_difference(best, second)
    if not variance > 0:
        return ""
    least = percent(smallest_difference(variance), 2)
    return (
        f"So many images tell it from {found.labels[second]} four times out of five if in truth they are {least} "
        "points apart."
    )


def _listed(names: list[str]) -> str:
    if len(names) > MOST_NAMED:
        return f"{', '.join(names[:MOST_NAMED])} and {len(names) - MOST_NAMED} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _cost(block: Block, found: Compared) -> str:
    label = found.labels[_best_place(found)]
    costs = costs_of(row for entry in block.entries_of(label) for row in entry.rows)
    image, fit = costs["microseconds_per_image"], costs["fit_seconds"]
    if image is None or fit is None:
        return "What it costs was not measured."
    cheaper = [other for other in sorted(found.best, key=lambda p: -found.aurocs[p]) if found.labels[other] != label]
    named = [(found.labels[other], _image_cost(block, found.labels[other])) for other in cheaper]
    least = min(((cost, name) for name, cost in named if cost is not None and cost < image / 2), default=None)
    said = f"{label} costs {image:,.3g} µs per image beyond the network's own pass, and {fit:,.3g} s to fit."
    return f"{said} {least[1]}, from which it cannot be told apart, costs {least[0]:,.3g} µs." if least else said


def _image_cost(block: Block, label: str) -> float | None:
    return costs_of(row for entry in block.entries_of(label) for row in entry.rows)["microseconds_per_image"]


def _trivial(found: Compared, groups: Mapping[str, str]) -> str:
    ranked, learned = _ranked(found, groups, trivial=True), _ranked(found, groups, trivial=False)
    if not ranked:
        return "No trivial baseline was run, so these figures cannot be held against what pixels alone give."
    if not learned:
        return ""
    best = learned[0]
    gain = float(found.aurocs[best] - found.aurocs[ranked[0]])
    subject = "It" if best == _best_place(found) else f"The best method that looks at a network, {found.labels[best]},"
    way = f"{percent(abs(gain), 1)} points {'above' if gain >= 0 else 'below'}"
    trivial = f"{found.labels[ranked[0]]} ({percent(float(found.aurocs[ranked[0]]), 1)} %)"
    p_value = found.p_value(ranked[0], best)
    sure = "significant" if p_value < SIGNIFICANT else "not significant"
    return f"{subject} is {way} the best trivial baseline, {trivial}; the difference is {sure} ({_chance(p_value)})."


def _chance(p_value: float) -> str:
    return "p < 0.0001" if p_value < 0.0001 else f"p = {p_value:.2g}"


def _beaten(lines: tuple[SetAnswer, ...]) -> str:
    names = [line.ood for line in lines if line.trivial == line.best]
    return f"On {_listed(names)} nothing is better than a trivial baseline." if names else ""


def _set_answer(ood: str, found: Compared, groups: Mapping[str, str]) -> SetAnswer:
    best = _best_place(found)
    equals = sorted(found.best - {best}, key=lambda place: -found.aurocs[place])
    trivial = _ranked(found, groups, trivial=True)[:1]
    return SetAnswer(
        ood=ood,
        best=found.labels[best],
        auroc=float(found.aurocs[best]),
        interval=_interval(found, best),
        equals=tuple(found.labels[place] for place in equals),
        trivial="".join(found.labels[place] for place in trivial),
        trivial_auroc=float(found.aurocs[trivial[0]]) if trivial else 0.0,
    )
