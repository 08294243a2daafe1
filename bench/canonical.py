"""One text for one meaning: canonical JSON and its hash, by which checkpoints, outputs and results are found again."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical_json(data: Any) -> str:
    """JSON with sorted keys and no spaces; raises `ValueError` on NaN and infinity."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=True)


def content_key(data: Any) -> str:
    """The first 32 hexadecimal digits of the SHA-256 of `data` as canonical JSON."""
    return hashlib.sha256(canonical_json(data).encode()).hexdigest()[:32]
