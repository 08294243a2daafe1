"""What stands in a lease, wherever it is kept, and whether its owner still shows that it is alive."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field

from bench.json_text import parse_json

from .owner import Owner

EXPIRY_SECONDS = 45.0
"""Seconds without a heartbeat after which an owner counts as dead. A network file system may show a write late."""


def lease_text(owner: Owner, beat: int) -> bytes:
    """What says that a lease is the owner's: of the same length for every heartbeat, so that it can be written over."""
    return (json.dumps({**owner.to_dict(), "beat": f"{beat:012d}"}) + "\n").encode()


def owner_in(text: bytes) -> Owner | None:
    """Whose lease a text is; None where it says no owner: it may still be seen to change."""
    try:
        found = parse_json(text)
        found.pop("beat")
        return Owner.from_dict(found)
    except (ValueError, TypeError, AttributeError, KeyError):
        return None


@dataclass
class Watch:
    """Waits for a lease to be free: remembers when its heartbeat was last seen to change.

    One watch belongs to one lease and one waiting process.
    """

    _text: bytes = b""
    _changed: float = field(default_factory=time.monotonic)

    def is_over(self, owner: Owner | None, text: bytes) -> bool:
        """Whether the owner of a lease that was found with this text is dead, or counts as dead."""
        now = time.monotonic()
        if text != self._text:
            self._text, self._changed = text, now
        return (owner is not None and owner.has_ended()) or now - self._changed >= EXPIRY_SECONDS
