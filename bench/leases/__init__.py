"""Leases on disk: who makes something that many want, on one machine or on a folder that several share."""

from .lease import BEAT_SECONDS, EXPIRY_SECONDS, Lease, LeaseLostError, Watch
from .owner import Owner
from .turn import pauses, turn

__all__ = ["BEAT_SECONDS", "EXPIRY_SECONDS", "Lease", "LeaseLostError", "Owner", "Watch", "pauses", "turn"]
