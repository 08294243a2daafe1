"""Results and caches at an address of an object store, with a working folder on this machine."""

from .bucket import RemoteError
from .mirror import mirror_of
from .opening import fetched_folder
from .publish import publish, settle, withdraw
from .shared_cache import VARIABLE as SHARED_CACHE
from .shared_cache import SharedCache, shared_cache
from .sharing import Claims, drivers_at

__all__ = [
    "SHARED_CACHE",
    "Claims",
    "RemoteError",
    "SharedCache",
    "drivers_at",
    "fetched_folder",
    "mirror_of",
    "publish",
    "settle",
    "shared_cache",
    "withdraw",
]
