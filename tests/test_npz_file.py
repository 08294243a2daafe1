"""Arrays come back as NumPy wrote them; what lies about itself is told apart in `tests/fuzz`."""

from __future__ import annotations

import io

import numpy as np
import pytest

from bench.npz_file import array_names, npy_header, read_arrays

ARRAYS: dict[str, np.ndarray] = {
    "a": np.arange(6, dtype=np.int16).reshape(2, 3),
    "b": np.asfortranarray(np.linspace(0, 1, 6).reshape(2, 3)),
    "none": np.zeros((0, 3), np.uint8),
    "one": np.array(True),
    "text": np.array("words"),
    "big-endian": np.arange(3, dtype=">f8"),
}


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_arrays_are_what_numpy_wrote(save: object) -> None:
    file = io.BytesIO()
    save(file, **ARRAYS)  # type: ignore[operator]
    assert array_names(file) == list(ARRAYS)
    found = read_arrays(file)
    assert list(found) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype
        assert np.array_equal(found[name], array)
    assert list(read_arrays(file, ["b", "absent"])) == ["b"]


def test_objects_are_not_unpickled() -> None:
    """The array's own pickle would raise if it were read; its header alone is enough to refuse it."""
    file = io.BytesIO()
    np.savez(file, objects=np.array([{"a": 1}], object))
    with pytest.raises(ValueError, match="pickled objects, which are never loaded"):
        read_arrays(file)


def test_the_header_of_one_array() -> None:
    file = io.BytesIO()
    np.save(file, np.zeros((2, 3), np.float32))
    file.seek(0)
    assert npy_header(file) == ((2, 3), np.dtype(np.float32))
    assert len(file.read()) == 24
