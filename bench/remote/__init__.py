"""Results and caches at an address of an object store, with a working folder on this machine."""

from .bucket import RemoteError
from .mirror import mirror_of
from .opening import fetched_folder, fetched_results
from .publish import is_published, publish, put_reports, settle, withdraw
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
    "fetched_results",
    "is_published",
    "mirror_of",
    "publish",
    "put_reports",
    "settle",
    "shared_cache",
    "withdraw",
]
