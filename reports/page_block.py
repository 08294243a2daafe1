"""What the page draws of one block, as plain data for its script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.errors import BenchError
from bench.metrics import evaluate_misclassification, reliability_diagram
from bench.report_page import PageMaterial
from bench.statistics import METRICS, Placements, compare_ranks

from .about import about, accuracy
from .blocks import Block, Entry, Section
from .columns import AUROC, MAIN_COLUMNS, OTHER_READINGS
from .cost_table import costs_of
from .page_answer import Answer, answer_of
from .page_curves import risk_points, roc_counts, rounded, steps
from .page_significance import Compared, compare, compare_means, placements_of
from .ranking import ranking
from .score_axis import ScoreAxis, score_axis
from .style import DASHES, PALETTE, Look
from .summary import percent, summarise

FEWEST_PAIRS = 5
"""Ranks over fewer OOD sets than these say nothing."""

MOST_RANKED = 10
"""Mean ranks of more methods than these are told apart by hundreds of sets only."""


@dataclass(frozen=True)
class PageBlock:
    """A block, its place on the page, the looks of its methods, and what the page is made of."""

    block: Block
    number: int
    looks: Mapping[str, Look]
    material: PageMaterial

    @cached_property
    def labels(self) -> list[str]:
        """The methods, the highest mean AUROC first."""
        return ranking(self.block)

    @cached_property
    def groups(self) -> dict[str, str]:
        """What each method looks at, by label; `other` where that is not known."""
        known = self.material.groups
        return {label: known.get(self.block.entries_of(label)[0].rows[0].method, "other") for label in self.labels}

    @cached_property
    def placements(self) -> list[dict[str, Placements]]:
        """For each OOD set, by label."""
        scores = self.material.results.scores
        return [
            {entry.label: placements_of(entry, scores) for entry in section.entries} for section in self.block.sections
        ]

    @cached_property
    def sets(self) -> list[Compared]:
        """The tests on each OOD set."""
        return [
            replace(compare(found), group=self._best(section))
            for found, section in zip(self.placements, self.block.sections, strict=True)
        ]

    def _best(self, section: Section) -> frozenset[int] | None:
        """The significance group that the tables mark; None of a single method."""
        evidence = self.block.evidence
        return None if evidence is None else frozenset(evidence.group(section.entries, AUROC)) or None

    @cached_property
    def best(self) -> list[dict[str, set[str]]]:
        """For each OOD set by metric the methods that are not significantly worse than the best; a metric without
        resamples is absent.
        """
        return [
            {"auroc": {compared.labels[place] for place in compared.best}} | self._tested(section)
            for compared, section in zip(self.sets, self.block.sections, strict=True)
        ]

    def _tested(self, section: Section) -> dict[str, set[str]]:
        """The groups of the metrics beside AUROC, which only resamples can tell."""
        evidence, entries = self.block.evidence, section.entries
        if evidence is None or any(evidence.replicates(row.key) is None for entry in entries for row in entry.rows):
            return {}
        columns = [column for column in (*MAIN_COLUMNS, *OTHER_READINGS) if column is not AUROC]
        return {
            column.metric: {entries[place].label for place in evidence.group(entries, column)} for column in columns
        }

    @cached_property
    def weak(self) -> list[set[str]]:
        """For each OOD set the methods that are not significantly above its best trivial baseline."""
        evidence = self.block.evidence
        return [
            {section.entries[place].label for place in evidence.not_above_trivial(section.entries)}
            if evidence
            else set()
            for section in self.block.sections
        ]

    @cached_property
    def mean(self) -> Compared | None:
        """The tests of the means."""
        return compare_means(self.placements)

    @cached_property
    def intervals(self) -> dict[str, dict[str, list[float | None]]]:
        """The ends of each metric's interval by the key of the row; a metric without one is absent."""
        frame = self.material.results.rows
        named = [metric for metric in METRICS if f"{metric}_low" in frame and f"{metric}_high" in frame]
        return {
            str(row["key"]): {
                metric: [*rounded((row[f"{metric}_low"], row[f"{metric}_high"]))]
                for metric in named
                if pd.notna(row[f"{metric}_low"]) and pd.notna(row[f"{metric}_high"])
            }
            for row in frame.to_dict("records")
        }

    @cached_property
    def answer(self) -> Answer:
        """The block's figures in words."""
        found = answer_of(self.block, self.sets, self.mean, self.groups)
        lines = [
            replace(line, interval=self._interval_words(section, line.best) or line.interval)
            for section, line in zip(self.block.sections, found.sets, strict=True)
        ]
        return replace(found, sets=tuple(lines))

    def _interval_words(self, section: Section, label: str) -> str:
        """The interval of an AUROC as the rows tell it; empty over several seeds, or where they do not."""
        [entry] = [one for one in section.entries if one.label == label]
        low, high = self.intervals[entry.rows[0].key].get("auroc", [None, None])
        if len(entry.rows) > 1 or low is None or high is None:
            return ""
        return f"{percent(low, 1)}–{percent(high, 1)}"

    @property
    def about(self) -> str:
        """On what the figures were measured."""
        return ". ".join(part for part in (about(self.block), accuracy(self.block)) if part)

    def data(self) -> dict[str, Any]:
        """The block for the page's script."""
        return {
            "title": f"{self.block.id} · {self.block.network} · {self.block.protocol}",
            "n": self.block.n_id,
            "sets": [self._set(place) for place in range(len(self.block.sections))],
            "methods": [self._method(label) for label in self.labels],
            "ranks": self._ranks(),
        }

    def _set(self, place: int) -> dict[str, Any]:
        section = self.block.sections[place]
        suite = self.block.suite
        return {
            "name": section.ood,
            "n": section.n_ood,
            "group": suite.group_of(section.ood) if suite else "",
        }

    def _method(self, label: str) -> dict[str, Any]:
        look, first = self.looks[label], self.block.entries_of(label)[0].rows[0]
        costs = costs_of(row for entry in self.block.entries_of(label) for row in entry.rows)
        return {
            "label": label,
            "group": self.groups[label],
            "color": PALETTE.index(look.color),
            "dash": DASHES.index(look.dashes),
            "parameters": ", ".join(f"{name}={value}" for name, value in first.parameters.items()),
            "cost": costs["microseconds_per_image"],
            "fit": costs["fit_seconds"],
            "cells": [
                self._cell(place, section, label) if label in self.sets[place].labels else None
                for place, section in enumerate(self.block.sections)
            ],
            "mean": self._mean(label),
            **self._of_predictions(label),
        }

    def _mean(self, label: str) -> dict[str, Any]:
        if self.mean is None or label not in self.mean.labels:
            return {"best": False, "interval": None}
        place = self.mean.labels.index(label)
        interval = self.mean.interval(place)
        return {
            "best": place in self.mean.best,
            "interval": None if interval is None else rounded((interval.low, interval.high)),
        }

    def _cell(self, place: int, section: Section, label: str) -> dict[str, Any]:
        [entry] = [one for one in section.entries if one.label == label]
        compared, scores = self.sets[place], self.material.results.scores(entry.rows[0].key)
        called_id, called_ood = roc_counts(scores)
        axis = score_axis(scores.id_scores, scores.ood_scores)
        return {
            "figures": self._figures(entry, compared),
            "best": [metric for metric, group in self.best[place].items() if label in group],
            "weak": label in self.weak[place],
            "roc": [steps(called_id), steps(called_ood)],
            "scores": histogram(axis, scores.id_scores, scores.ood_scores),
        }

    def _figures(self, entry: Entry, compared: Compared) -> dict[str, list[float | None]]:
        """Each metric's mean over seeds with the ends of its interval, None where there is none."""
        figures: dict[str, list[float | None]] = {}
        none: list[float | None] = [None, None]
        own = compared.interval(compared.labels.index(entry.label)) if len(entry.rows) > 1 else None
        for metric in METRICS:
            mean = summarise([row.metrics[metric] for row in entry.rows])
            ends: list[float | None] = (
                self.intervals[entry.rows[0].key].get(metric, none) if len(entry.rows) == 1 else none
            )
            if metric == "auroc" and own is not None:
                ends = [*rounded((own.low, own.high))]
            figures[metric] = [None if mean is None else round(mean.mean, 5), *ends]
        return figures

    def _of_predictions(self, label: str) -> dict[str, Any]:
        """Histogram, risk and reliability of right and wrong predictions, as far as they are known."""
        row = self.block.entries_of(label)[0].rows[0]
        scores = self.material.results.scores(row.key)
        correct = scores.id_correct
        if correct is None or correct.all() or not correct.any():
            return {}
        axis = score_axis(scores.id_scores, scores.id_scores)
        found: dict[str, Any] = {"right": histogram(axis, scores.id_scores[correct], scores.id_scores[~correct])}
        found["risk"] = [rounded(part) for part in risk_points(scores.id_scores, correct)]
        found["aurc"] = round(evaluate_misclassification(scores.id_scores, correct).aurc, 5)
        known = self.material.results.probability
        probability = None if known is None else known(row.key)
        if probability is not None:
            found["reliability"] = _reliability(probability, correct)
        return found

    def _ranks(self) -> dict[str, Any] | None:
        """Mean ranks of the best methods over the OOD sets; None where the sets are too few."""
        if self.mean is None or len(self.block.sections) < FEWEST_PAIRS:
            return None
        labels = [label for label in self.labels if label in self.mean.labels][:MOST_RANKED]
        if len(labels) < 2:
            return None
        figures = [[found[label].auroc for label in labels] for found in self.placements]
        ranks = compare_ranks(figures, higher_is_better=True)
        return {
            "labels": labels,
            "ranks": rounded(ranks.mean_ranks, 3),
            "critical": round(ranks.critical_difference, 3),
            "friedman": float(ranks.friedman_p),
        }


def histogram(axis: ScoreAxis, one: NDArray[np.float64], other: NDArray[np.float64]) -> dict[str, Any]:
    """Shares in each bin in 1/10,000, and the axis; places of ticks are shares of its length."""
    ticks = axis.ticks
    if ticks is None:
        ticks = tuple((value, f"{value:.3g}") for value in np.linspace(axis.low, axis.high, 3).tolist())
    span = axis.high - axis.low
    return {
        "bins": [[int(share) for share in np.rint(10_000 * axis.shares(part))] for part in (one, other)],
        "sizes": [int(one.size), int(other.size)],
        "label": axis.label,
        "ticks": [[round((place - axis.low) / span, 4), text] for place, text in ticks],
    }


def _reliability(probability: NDArray[np.float64], correct: NDArray[np.bool_]) -> list[list[float]] | None:
    try:
        diagram = reliability_diagram(probability, correct, n_bins=15)
    except BenchError:  # outside [0, 1]: then it is no probability
        return None
    return [rounded(diagram.confidence, 4), rounded(diagram.accuracy, 4)]
