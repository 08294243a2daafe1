"""Results and caches at an address of an object store, with a working folder on this machine."""

from .bucket import RemoteError
from .mirror import mirror_of
from .opening import fetched_folder
from .publish import publish, settle, withdraw
from .sharing import Claims

__all__ = ["Claims", "RemoteError", "fetched_folder", "mirror_of", "publish", "settle", "withdraw"]
