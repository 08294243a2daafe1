"""Jobs with what they need at hand, and why others cannot be run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from bench.canonical import canonical_json
from bench.data.dataset import Place
from bench.data.location import data_root
from bench.data.resolve import resolve_dataset
from bench.errors import BenchError, UnknownNameError
from bench.running.preparation import Preparation
from bench.running.specification import settings_of

from .jobs import Job
from .request import Request

NOT_TRAINED = "no network was found trained"


@dataclass
class PreparedJob:
    """A job and its preparation; where that is None, `reason` says why, in a few words.

    `absent` are the sets, ID set included, that are not at hand, each with what to type to get it.
    """

    job: Job
    preparation: Preparation | None
    reason: str = ""
    absent: dict[str, str] = field(default_factory=dict)


class Preparer:
    """Finds out what of the jobs of a request can be run; each set is looked for once."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self._found: dict[str, str] = {}

    def prepare(self, job: Job) -> PreparedJob:
        """The job with the sets that are at hand. Raises `BenchError` for anything but missing data."""
        of_ood = self._absent(job, job.ood, "test")
        absent = {**self._absent(job, [job.id], "train", "test"), **of_ood}
        present = [name for name in job.ood if name not in of_ood]
        if job.id in absent or not present:
            lacking = [job.id] if job.id in absent else list(of_ood)
            return PreparedJob(job, None, self.not_at_hand(lacking), absent)
        preparation = Preparation(job.specification(self.request, present))
        if self.request.only_trained:
            preparation.needs = [need for need in preparation.needs if need.plan and need.plan.path.exists()]
            if not preparation.needs:
                return PreparedJob(job, None, NOT_TRAINED, absent)
        return PreparedJob(job, preparation, "", absent)

    def not_at_hand(self, names: Iterable[str]) -> str:
        """In a few words that sets are missing."""
        titles = [self.request.paper.title_of(name) for name in names]
        return f"{', '.join(titles)} {'is' if len(titles) == 1 else 'are'} not at hand"

    def _absent(self, job: Job, names: Iterable[str], *splits: str) -> dict[str, str]:
        found = {name: self._why_missing(name, splits, settings_of(job.settings, name)) for name in names}
        return {name: reason for name, reason in found.items() if reason}

    def _why_missing(self, name: str, splits: tuple[str, ...], options: dict[str, object]) -> str:
        """What to type to get a set; empty where it is there."""
        key = canonical_json([name, splits, options])
        if key not in self._found:
            self._found[key] = self._look_for(name, splits, options)
        return self._found[key]

    def _look_for(self, name: str, splits: tuple[str, ...], options: dict[str, object]) -> str:
        # Noise may be asked for in the network's own units, of which any will do to see whether it can be had.
        place = Place(data_root(self.request.data), mean=(0.0,), std=(1.0,))
        data_set = resolve_dataset(name, self.request.bindings, options)
        try:
            for split in splits:
                data_set.load(split, place)
        except UnknownNameError:
            raise
        except BenchError as error:  # absent, damaged, or bound to a path without this split
            return str(error)
        return ""
