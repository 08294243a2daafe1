"""Which methods are meant: by name, `all`, `group:NAME` or a pattern such as `*mahalanobis*`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from bench.errors import BenchError, UnknownNameError, did_you_mean
from bench.method_contract import GROUPS, METHODS


def select_methods(texts: Iterable[str]) -> dict[str, bool]:
    """The names that `texts` stand for, in order, each once; true for those that were named one by one.

    Raises `UnknownNameError` for an unknown name or group, and `BenchError` for a pattern that no name fits.
    """
    chosen: dict[str, bool] = {}
    for text in texts:
        named = not _is_several(text)
        for name in [text] if named else _expand(text):
            _require_known(name)
            chosen[name] = chosen.get(name, False) or named
    return chosen


def _require_known(name: str) -> None:
    """Raise `UnknownNameError` for what is no method's name; a group may have been meant."""
    if name not in METHODS:
        raise UnknownNameError("method", name, [*METHODS.names(), *(f"group:{group}" for group in GROUPS)])


def _is_several(text: str) -> bool:
    return text == "all" or text.startswith("group:") or any(sign in text for sign in "*?[")


def _expand(text: str) -> Iterator[str]:
    if text == "all":
        yield from METHODS.names()
        return
    kind, _, group = text.partition(":")
    if kind == "group":
        if group not in GROUPS:
            raise UnknownNameError("group of methods", group, GROUPS)
        yield from (name for name in METHODS.names() if _may_be_in(group, name))
        return
    found = [name for name in METHODS.names() if fnmatchcase(name, text)]
    if not found:
        near = did_you_mean(text.strip("*?"), METHODS.names())
        raise BenchError(f"No method's name fits '{text}'.{near} See what there is with: bench list methods")
    yield from found


def _may_be_in(group: str, name: str) -> bool:
    """Whether a method is in a group; a broken one may be, so that whoever runs the group says that it is left out."""
    try:
        return bool(METHODS.get(name).group == group)
    except BenchError:
        return True
