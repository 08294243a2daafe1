"""The means over the sets of a suite's groups, never over fewer sets without saying so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from .blocks import Block, Entry
from .ranking import mean_of_entries
from .result_row import grouped
from .summary import Summary


@dataclass(frozen=True)
class GroupMean:
    """The mean of one method over `sets`, those of the `size` sets of a group that it was tested on."""

    group: str
    label: str
    entries: tuple[Entry, ...]
    sets: tuple[str, ...]
    size: int

    @property
    def is_whole(self) -> bool:
        """Whether it is a mean over all sets of the group."""
        return len(self.sets) == self.size

    @property
    def words(self) -> str:
        """Over what it is a mean, in words.

        >>> GroupMean("far", "msp", (), ("mnist", "svhn"), 4).words
        'mean of 2 of 4 sets: mnist, svhn'
        """
        return (
            f"mean of {self.size} sets"
            if self.is_whole
            else (f"mean of {len(self.sets)} of {self.size} sets: {', '.join(self.sets)}")
        )

    def of(self, metric: str) -> Summary | None:
        """The mean of a metric over the sets for each seed, averaged over seeds; None unless defined on all of them."""
        return mean_of_entries(self.entries, metric)


def means_of_group(block: Block, group: str) -> list[GroupMean]:
    """The mean of each method that was tested on a set of the group, in the order of the block's methods.

    A method that stands twice on one set, such as tuned on two sets, has none: it has no one figure there.
    """
    assert block.suite is not None
    planned = block.suite.groups[group]
    found = [(section.ood, entry) for section in block.sections if section.ood in planned for entry in section.entries]
    means = []
    for label in block.labels:
        own = [(ood, entry) for ood, entry in found if entry.label == label]
        if own and max(Counter(ood for ood, _ in own).values()) == 1:
            sets, entries = zip(*own, strict=True)
            means.append(GroupMean(group, label, entries, sets, len(planned)))
    return means


def alike(means: list[GroupMean]) -> Iterator[list[GroupMean]]:
    """The means by the sets that they are over: only those over the same sets may be compared."""
    yield from grouped(means, lambda mean: mean.sets).values()
