"""A network that was opened by its name, with all that its library says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import nn

from bench.data.transform import InputTransform


@dataclass(frozen=True)
class OwnTransform:
    """The input transform that a network's library says, with a sentence on where it comes from.

    `transform` is None where it says one that cannot be imitated, for the reason in `words`. `certain` is whether the
    weights were trained with it; it is a guess for weights of a file, of which the library knows nothing.
    """

    transform: InputTransform | None
    words: str
    certain: bool = True


@dataclass(frozen=True)
class NamedNetwork:
    """A torch module on the CPU that turns images into logits, and what is known of it.

    `name` stands in rows and keys, and has no path of this machine in it; it is empty for a module at hand, which is
    called by its class and is not to be changed. `own` is the input transform that the network's library says, if it
    says one; `classes` are the names of its classes, where they are known, and `assumed` sentences on what was taken
    for granted. `code` stands for code that is neither the module's weights nor its structure in content keys. `lacks`
    says, by a method's need, why the network cannot give it.
    """

    model: nn.Module
    name: str = ""
    own: OwnTransform | None = None
    classes: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    code: str = ""
    lacks: Mapping[str, str] = field(default_factory=dict)
