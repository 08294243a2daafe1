"""Addresses of object stores, such as `s3://bucket/runs/a`, and the folders of this machine that stand for them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from bench.cache import cache_root
from bench.errors import BenchError

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+:/", re.ASCII | re.IGNORECASE)
_WHOLE = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+)://(?P<path>[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.=+-]+)*)/?", re.ASCII
)
_NO_STORES = {"file", "local", "memory", "http", "https"}
_LONGEST = 240
"""Characters of the name of a working folder, which file systems take."""


@dataclass(frozen=True)
class Address:
    """A place in an object store. Its text holds no credentials: these are those of the machine."""

    scheme: str
    path: str

    @classmethod
    def parse(cls, text: str) -> Address:
        """Raises `BenchError` for what is no address of an object store."""
        found = _WHOLE.fullmatch(text)
        if found is None or {".", ".."} & set(found["path"].split("/")):
            raise BenchError(
                f"'{_without_password(text)}' is no address. Write it as s3://BUCKET/NAME/NAME, with letters, digits, "
                "'.', '_', '-', '=' and '+', and without user names or keys: these are taken from the environment."
            )
        scheme = found["scheme"].lower()
        if scheme in _NO_STORES:
            raise BenchError(f"'{text}' is no object store, such as s3://BUCKET/NAME. Give a folder by its path.")
        made = cls(scheme, found["path"])
        if len(made.folder.name) > _LONGEST:
            raise BenchError(f"'{text[:60]}…' is too long an address. Use at most about 200 characters.")
        return made

    def __str__(self) -> str:
        return f"{self.scheme}://{self.path}"

    @property
    def folder(self) -> Path:
        """The folder of this machine in which results of this address are worked on."""
        return _home() / quote(str(self), safe="")

    @classmethod
    def of_folder(cls, folder: Path) -> Address | None:
        """The address that the folder is the working folder of; None for any other folder."""
        if folder.absolute().parent != _home() or "%3A%2F%2F" not in folder.name:
            return None
        return cls.parse(unquote(folder.name))


def is_address(text: str | Path) -> bool:
    """Whether a text is meant as an address, right or wrong; a `Path` has lost one of the two slashes."""
    return _SCHEME.match(str(text)) is not None


def shown(path: Path) -> str:
    """A path for people: by the address where it is a working folder or in one."""
    for folder in (path, *path.parents):
        if (address := Address.of_folder(folder)) is not None:
            return "/".join([str(address), *path.relative_to(folder).parts])
    return str(path)


def _home() -> Path:
    return cache_root().absolute() / "working"


def _without_password(text: str) -> str:
    """The text without what may be a password."""
    return re.sub(r"//[^/]*@", "//…@", text)[:80]
