"""Which network some methods of a run need."""

from __future__ import annotations

from dataclasses import dataclass, field

from bench.fitting.data import Facts
from bench.method_contract import Method
from bench.networks.checkpoint import Checkpoint
from bench.training.train import TrainingPlan
from bench.wording import counted

from .network import TestedNetwork


@dataclass(frozen=True)
class NetworkNeed:
    """A network that some methods share: given as a checkpoint, to be trained as `plan` says, an ensemble of others, a
    `model` at hand, or none at all. `facts` are what is known of it; None of an ensemble.
    """

    methods: tuple[Method, ...]
    checkpoint: Checkpoint | None = None
    plan: TrainingPlan | None = None
    members: tuple[NetworkNeed, ...] = ()
    model: TestedNetwork | None = None
    facts: Facts | None = field(default=None, compare=False)

    @property
    def has_network(self) -> bool:
        """Whether the methods look at what a network makes of the images, not at their pixels alone."""
        return bool(self.members) or self.model is not None or self.checkpoint is not None or self.plan is not None

    @property
    def name(self) -> str:
        """What tells this network from the others of its run; the same in every process."""
        if self.members:
            return f"ensemble of {len(self.members)} for {', '.join(method.name for method in self.methods)}"
        if self.plan is not None:
            return f"{self.plan.network}, {self.plan.objective}, seed {self.plan.seed}"
        return "the network given" if self.has_network else "no network"

    @property
    def is_at_hand(self) -> bool:
        """Whether nothing has to be trained for it."""
        if self.members:
            return all(member.is_at_hand for member in self.members)
        return self.plan is None or self.plan.path.exists()

    def describe(self) -> str:
        """One line for the plan of a run."""
        names = ", ".join(method.name for method in self.methods)
        if self.members:
            return f"ensemble of the {len(self.members)} networks above: {names}"
        if self.model is not None:
            note = f"; {self.model.note}" if self.model.note else ""
            return f"{self.model.name} (weights {self.model.weights_hash[:12]}{note}): {names}"
        if self.checkpoint is not None:
            return f"{self.checkpoint.network} (given checkpoint {self.checkpoint.weights_hash[:12]}): {names}"
        if self.plan is None:
            return f"no network: {names}"
        plan = self.plan
        state = "found trained" if plan.path.exists() else f"to train for {counted(plan.recipe.epochs, 'epoch')}"
        return f"{plan.network}, {plan.objective}, recipe {plan.recipe.name}, seed {plan.seed} ({state}): {names}"
