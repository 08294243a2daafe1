"""Classes of two sets that bear one name."""

from __future__ import annotations

import re
from collections.abc import Sequence


def shared_class_names(ids: Sequence[str], oods: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of an ID and an OOD class with a name in common.

    A class may have several names, separated by commas, as ImageNet's have. Case, `_`, `-` and a plural's s count for
    nothing; that `car` and `automobile` are one thing is not known.
    """
    return [(one, other) for one in ids for other in oods if _names(one) & _names(other)]


def related_class_names(ids: Sequence[str], oods: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of classes that share no name, but one name is the last word of the other's: `truck`, `pickup truck`."""
    equal = set(shared_class_names(ids, oods))
    pairs = [(one, other) for one in ids for other in oods if (one, other) not in equal]
    return [(one, other) for one, other in pairs if _is_kind_of(one, other) or _is_kind_of(other, one)]


def _is_kind_of(narrow: str, wide: str) -> bool:
    return any(name.endswith(f" {other}") for name in _names(narrow) for other in _names(wide))


def _names(text: str) -> set[str]:
    words = (re.sub(r"[\s_-]+", " ", name).strip().casefold() for name in text.split(","))
    return {name.removesuffix("s") if len(name) > 3 else name for name in words if name}
