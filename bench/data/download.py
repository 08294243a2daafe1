"""Downloads that say their size, go over https only, and are whole or not there.

torchvision's own downloads fall back to http when https fails and take any file of the right name for a set of the
MNIST family, so files are fetched here and then read by torchvision.
"""

from __future__ import annotations

import hashlib
import http.client
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from bench.atomic import require_writable
from bench.disk import disk_error, is_full
from bench.errors import BenchError

Say = Callable[[str], None]
_CHUNK = 1 << 20
_QUIET_BELOW = 20_000_000
ELSEWHERE = "choose another folder with --data"
"""How another place for data sets is chosen."""
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True)
class Archive:
    """A file to download from `url` to `path` below the data root, where it has `size` bytes and the MD5 `md5`.

    When `into` is given, the file is unpacked into that folder below the data root (`.` is the root itself).
    """

    url: str
    path: str
    md5: str
    size: int
    into: str | None = None


def file_digest(path: Path, algorithm: str) -> str:
    """The hexadecimal digest of a file; `algorithm` is one of hashlib's."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()


def readable_bytes(count: int) -> str:
    """`count` bytes for a person, such as `170.5 MB`."""
    size, units = float(count), ["bytes", "kB", "MB", "GB", "TB"]
    while size >= 1000 and len(units) > 1:
        size, units = size / 1000, units[1:]
    return f"{size:.0f} {units[0]}" if units[0] == "bytes" else f"{size:.1f} {units[0]}"


def download(archive: Archive, root: Path, say: Say) -> Path:
    """The archive on this machine, downloaded unless a file with the right checksum is there already.

    `say` is told the size before the first byte is asked for. Raises `BenchError` when the address is not https, the
    disk is too small, the connection fails, or what arrives is longer, shorter, or of another checksum; nothing is left
    at the final path then.
    """
    target = root / archive.path
    if target.is_file():
        if file_digest(target, "md5") == archive.md5:
            say(f"{target} is here and whole.")
            return target
        say(f"{target} is damaged: its checksum is not {archive.md5}. Fetching it again.")
    say(f"Downloading {readable_bytes(archive.size)} from {archive.url} to {target}.")
    require_writable(target.parent)
    _require_space(target.parent, archive.size)
    partial = target.with_name(target.name + ".part")
    try:
        _transfer(archive, partial, say)
        found = file_digest(partial, "md5")
        if found != archive.md5:
            raise BenchError(
                f"What {archive.url} sent has the checksum {found} instead of {archive.md5}: the transfer was cut "
                f"short or the file has changed. Try again, or put the right file at {target} yourself."
            )
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return target


def _require_space(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < size:
        raise BenchError(
            f"No space in {folder}: {readable_bytes(size)} are needed, {readable_bytes(free)} are free. "
            f"Free space or {ELSEWHERE}."
        )


def _transfer(archive: Archive, partial: Path, say: Say) -> None:
    try:
        with open_securely(archive.url) as response, partial.open("wb") as file:
            _copy(response, file, archive, say)
    except (OSError, http.client.HTTPException) as error:
        if isinstance(error, OSError) and is_full(error):
            raise disk_error(f"Cannot write {partial.with_suffix('')}", error, ELSEWHERE) from error
        raise BenchError(
            f"Cannot download {archive.url}: {error}. Try again later, or put the file at "
            f"{partial.with_suffix('')} yourself."
        ) from error


def open_securely(url: str, headers: Mapping[str, str] | None = None) -> http.client.HTTPResponse:
    """The answer to a request for `url`, over https all the way.

    Raises `BenchError` where that would leave https; `OSError` or `http.client.HTTPException` where it fails.
    """
    opener = urllib.request.build_opener(_SecureRedirects())
    sent = {"User-Agent": "oodbench", **(headers or {})}
    try:
        response: http.client.HTTPResponse = opener.open(
            urllib.request.Request(secure(url), headers=sent),  # noqa: S310 - checked
            timeout=60,
        )
    except urllib.error.HTTPError as error:
        error.close()  # it holds the connection
        raise
    return response


def _copy(response: IO[bytes], file: IO[bytes], archive: Archive, say: Say) -> None:
    done, told, size = 0, 0, archive.size
    while chunk := response.read(_CHUNK):
        done += len(chunk)
        if done > size:
            raise BenchError(f"{archive.url} sends more than the {size:,} bytes that the file has: it is not taken.")
        file.write(chunk)
        tenth = 10 * done // max(size, 1)
        if tenth > told and size >= _QUIET_BELOW:
            say(f"{readable_bytes(done)} of {readable_bytes(size)}")
            told = tenth
    if done < size:
        raise BenchError(
            f"The transfer of {archive.url} was cut short: {done:,} of {size:,} bytes came. Try again with the same "
            "command."
        )


class _SecureRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but never from https to anything else, this machine included."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        """The request that follows; raises `BenchError` where it would leave https."""
        if urlsplit(req.full_url).scheme == "https" and urlsplit(newurl).scheme != "https":
            fp.close()
            raise BenchError(f"Refusing to go from {req.full_url} to {newurl}: only https addresses are used.")
        return super().redirect_request(req, fp, code, msg, headers, secure(newurl))


def secure(url: str) -> str:
    """The address itself. Raises `BenchError` unless it is an https one, or one on this machine."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise BenchError(f"Refusing to download {url}: only https addresses are used.")
    return url
