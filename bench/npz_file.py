"""NumPy archives from anywhere: read only where their members are what they say, and fit into memory."""

from __future__ import annotations

import math
import warnings
import zipfile
from collections.abc import Collection
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from bench.memory import available_bytes

_END = ".npy"
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def npy_header(file: BinaryIO) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and type of the array that begins here; the file stands at its first value then.

    Raises `ValueError` for what is no whole header of plain values.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # of headers that Python 2 wrote, or that lead numpy astray
            shape, _, kind = _HEADERS[npy.read_magic(file)](file)
    except Exception as error:  # a header is Python's text, and what is none makes its parser raise nearly anything
        raise ValueError(f"its header is damaged ({type(error).__name__}: {error})") from error
    if kind.hasobject:
        raise ValueError("it holds pickled objects, which are never loaded")
    if not all(type(one) is int and one >= 0 for one in shape):
        raise ValueError(f"it has the shape {shape}")
    return shape, kind


def array_names(file: BinaryIO) -> list[str]:
    """The names of the arrays in an archive. Raises `ValueError` for what is no archive of arrays."""
    with _opened(file) as archive:
        return [name.removesuffix(_END) for name in archive.namelist()]


def read_arrays(file: BinaryIO, names: Collection[str] | None = None) -> dict[str, NDArray[Any]]:
    """The arrays of an archive by name, or those of `names` that it has.

    Raises `ValueError` for whatever is no archive of plain arrays, for one whose members are not as long as they say,
    and for one that does not fit into memory; little of it was read then.
    """
    with _opened(file) as archive:
        chosen = [one for one in archive.infolist() if names is None or one.filename.removesuffix(_END) in names]
        for one in chosen:
            _check(archive, one)
        size, free = sum(one.file_size for one in chosen), available_bytes()
        if free is not None and size > free:
            raise ValueError(f"it unpacks to {size:,} bytes, and {free:,} bytes of memory are free")
        return {one.filename.removesuffix(_END): _read(archive, one) for one in chosen}


def _opened(file: BinaryIO) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(file)
    except Exception as error:  # as in npy_header
        raise ValueError(f"it is no .npz archive ({error})") from error
    names = archive.namelist()
    if len(set(names)) != len(names) or not all(name.endswith(_END) for name in names):
        raise ValueError(f"its members are not one array each ({', '.join(map(repr, names[:5])) or 'there are none'})")
    return archive


def _check(archive: zipfile.ZipFile, one: zipfile.ZipInfo) -> None:
    """Raise `ValueError` for a member that is packed in another way, or not as long as its array."""
    if one.flag_bits & 1 or one.compress_type not in _PACKED:
        raise ValueError(f"its member '{one.filename}' is encrypted, or packed otherwise than NumPy does it")
    try:
        with archive.open(one) as member:
            shape, kind = npy_header(member)  # type: ignore[arg-type]
            length = member.tell() + math.prod(shape) * kind.itemsize
    except ValueError:
        raise
    except Exception as error:  # as in npy_header
        raise ValueError(f"its member '{one.filename}' is damaged ({error})") from error
    if length != one.file_size:
        raise ValueError(f"its member '{one.filename}' has {one.file_size:,} bytes instead of {length:,}")


def _read(archive: zipfile.ZipFile, one: zipfile.ZipInfo) -> NDArray[Any]:
    try:
        with archive.open(one) as member:
            found: NDArray[Any] = npy.read_array(member, allow_pickle=False)
    except Exception as error:  # as in npy_header
        raise ValueError(f"its member '{one.filename}' is damaged ({error})") from error
    return found
