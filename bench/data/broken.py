"""Broken images: named before any long work, or left out where that is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from bench.atomic import write_json
from bench.cache import cache_root
from bench.errors import BenchError
from bench.json_text import parse_json
from bench.progress import say
from bench.wording import counted

from .images import Images

_NAMED = 3


def usable(images: Images, name: str, *, skip_broken: bool = False) -> Images:
    """The images of the set `name` that can be read: all of them, unless `skip_broken` leaves others out.

    What is left out is said, and stands in the note of what comes back, whose identity is that of the others. Damage in
    the middle of an image is looked for only where it may be left out, since every image is decoded for that. Raises
    `BenchError` where there are no images, or where some are broken and may not be left out.
    """
    if len(images) == 0:
        raise BenchError(f"'{name}' holds no images.")
    broken = images.broken()
    if broken and not skip_broken:
        raise BenchError(
            f"'{name}' has {broken_words(images, broken)}. Mend or remove them, or leave broken images out with "
            "--skip-broken (skip_broken=True in Python)."
        )
    kept = _without(images, _all_broken(images, broken), name) if skip_broken else images
    if images.held_out is not None:
        kept.held_out = usable(images.held_out, name, skip_broken=skip_broken)
    return kept


def broken_words(images: Images, broken: Mapping[int, str]) -> str:
    """How many are broken, and the first of them with the reasons."""
    named = [f"{images.sample_id(index)} ({broken[index]})" for index in sorted(broken)[:_NAMED]]
    return f"{counted(len(broken), 'broken image')} among {len(images):,}: {', '.join(named)}{_more(broken)}"


def _all_broken(images: Images, broken: Mapping[int, str]) -> dict[int, str]:
    """Those that are known to be `broken`, and those of the others that cannot be decoded."""
    others = np.array([index for index in range(len(images)) if index not in broken], np.intp)
    found = _damaged(images.take(others) if broken else images) if len(others) else {}
    return {**broken, **{int(others[place]): reason for place, reason in found.items()}}


def _damaged(images: Images) -> dict[int, str]:
    """Which images cannot be decoded; kept on disk by the set's identity, since decoding is slow."""
    path = cache_root() / "broken" / f"{images.identity}.json"
    known = _kept(path)
    if known is None:
        known = images.broken(thorough=True)
        write_json(path, {str(index): reason for index, reason in known.items()})
    return known


def _kept(path: Path) -> dict[int, str] | None:
    try:
        return {int(index): str(reason) for index, reason in parse_json(path.read_text(encoding="utf-8")).items()}
    except (OSError, ValueError, AttributeError):  # absent, or damaged: then it is looked for once more
        return None


def _without(images: Images, broken: Mapping[int, str], name: str) -> Images:
    if not broken:
        return images
    say(f"{name}: left out {broken_words(images, broken)}.")
    if len(broken) == len(images):
        raise BenchError(f"'{name}' holds no image that can be read: {broken_words(images, broken)}.")
    kept = images.take(np.array([index for index in range(len(images)) if index not in broken], np.intp))
    names = ", ".join(images.sample_id(index) for index in sorted(broken)[:_NAMED])
    left_out = f"{counted(len(broken), 'broken image')} of {len(images):,} left out: {names}{_more(broken)}"
    kept.note = "; ".join(part for part in (images.note, left_out) if part)
    return kept


def _more(broken: Mapping[int, str]) -> str:
    return ", …" if len(broken) > _NAMED else ""
