"""Leases on disk: who makes something that many want, on one machine or on a folder that several share."""

from .heartbeat import EXPIRY_SECONDS, Watch, lease_text, owner_in
from .lease import BEAT_SECONDS, Lease, LeaseLostError
from .owner import Owner
from .turn import pauses, turn

__all__ = [
    "BEAT_SECONDS",
    "EXPIRY_SECONDS",
    "Lease",
    "LeaseLostError",
    "Owner",
    "Watch",
    "lease_text",
    "owner_in",
    "pauses",
    "turn",
]
