"""Scores from files: what is read, and what is refused with file and line."""

from pathlib import Path

import numpy as np
import pytest

from bench.errors import BenchError, NonFiniteScoresError
from bench.metrics import read_scores


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("plain.txt", "1.5\n-2\n3e-1\n"),
        ("commented.txt", "# scores\n\n 1.5 \n-2\n\n3e-1"),
        ("windows.txt", "1.5\r\n-2\r\n3e-1\r\n"),
        ("UPPER.TXT", "1.5\n-2\n3e-1\n"),
        ("column.csv", "1.5\n-2\n3e-1\n"),
        ("header.csv", "msp\n1.5\n-2\n3e-1\n"),
        ("bom.csv", b"\xef\xbb\xbfscore\r\n1.5\r\n-2\r\n3e-1\r\n"),
        ("wide.csv", 'image,score\n"a, b.png",1.5\nc.png,-2\nd.png,0.3\n'),
        ("index.csv", ",score,label\n0, 1.5,7\n1,-2,8\n\n2,0.3,9\n"),
    ],
)
def test_text_files_are_read(tmp_path: Path, name: str, content: str | bytes) -> None:
    scores = read_scores(written(tmp_path, name, content))
    assert scores.tolist() == [1.5, -2.0, 0.3]
    assert scores.dtype == np.float64


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, np.int8, np.uint32, ">f8"])
def test_npy_files_are_read(tmp_path: Path, kind: type | str) -> None:
    np.save(tmp_path / "scores.npy", np.array([3, 1, 2], dtype=kind))
    assert read_scores(str(tmp_path / "scores.npy")).tolist() == [3, 1, 2]


@pytest.mark.parametrize("suffix", ["txt", "csv", "npy"])
def test_float64_survives_the_file(tmp_path: Path, suffix: str) -> None:
    scores = np.random.default_rng(0).normal(size=50)
    path = tmp_path / f"scores.{suffix}"
    if suffix == "npy":
        np.save(path, scores)
    else:
        path.write_text("\n".join(map(repr, scores.tolist())))
    np.testing.assert_array_equal(read_scores(path), scores)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", "1\ntwo\n3\n", r"a\.txt, line 2: 'two' is not a number"),
        ("a.txt", "1 2\n", r"a\.txt, line 1: '1 2' is not a number"),
        ("a.txt", "", r"a\.txt: there are none"),
        ("a.txt", "# nothing\n", r"a\.txt: there are none"),
        ("a.txt", b"\xff\xfe1\x00", r"a\.txt: is not UTF-8 text"),
        ("a.csv", "", r"a\.csv: there are none"),
        ("a.csv", "score\n", r"a\.csv: there are none"),
        ("a.csv", "score\n1\nbad\n", r"a\.csv, line 3: 'bad' is not a number"),
        ("a.csv", "0.5x\n1\n", r"a\.csv, line 1: '0.5x' is not a number"),
        ("a.csv", "x,y\n1,2\n", r"a\.csv: has 2 columns \(x, y\); name one of them 'score'"),
        ("a.csv", "1\n2,3\n", r"a\.csv, line 2: expected 1 column\(s\), found 2"),
        ("a.csv", "name,score\na,1\nb\n", r"a\.csv, line 3: expected 2 column\(s\), found 1"),
        ("a.csv", "name,score\na,\n", r"a\.csv, line 2: '' is not a number"),
        ("a.npy", b"", r"a\.npy: is not a complete \.npy file"),
        ("a.npy", b"1\n2\n3\n and more text", r"a\.npy: is not a complete \.npy file"),
        ("a.pkl", b"", r"a\.pkl: unknown kind of score file; use \.npy, \.csv, \.txt"),
    ],
)
def test_damaged_files_are_refused_with_file_and_line(
    tmp_path: Path, name: str, content: str | bytes, message: str
) -> None:
    with pytest.raises(BenchError, match=message):
        read_scores(written(tmp_path, name, content))


@pytest.mark.parametrize("value", ["nan", "inf", "-Infinity"])
@pytest.mark.parametrize(("name", "start"), [("a.txt", "1\n"), ("a.csv", "score\n"), ("b.csv", "1\n")])
def test_non_finite_scores_are_refused_with_file_and_line(tmp_path: Path, name: str, start: str, value: str) -> None:
    with pytest.raises(NonFiniteScoresError, match=f"{name}, line 2: '{value}'"):
        read_scores(written(tmp_path, name, f"{start}{value}\n"))


def test_a_first_line_that_is_nan_is_no_header(tmp_path: Path) -> None:
    with pytest.raises(NonFiniteScoresError, match=r"a\.csv, line 1: 'nan'"):
        read_scores(written(tmp_path, "a.csv", "nan\n1\n"))


def test_non_finite_scores_in_npy_name_the_index(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([1, np.inf]))
    with pytest.raises(NonFiniteScoresError, match=r"a\.npy: inf at index 1"):
        read_scores(tmp_path / "a.npy")


def test_npy_files_of_other_contents_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.zeros((3, 1)))
    with pytest.raises(BenchError, match=r"expected a 1-D array .* got shape \(3, 1\)"):
        read_scores(path)
    np.save(path, np.array([{"pickled": 1}]), allow_pickle=True)
    with pytest.raises(BenchError, match="plain numbers"):
        read_scores(path)
    np.save(path, np.zeros(1000))
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(BenchError, match="is not a complete"):
        read_scores(path)


def test_a_header_that_promises_more_than_memory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False, "shape": (10**15,)})
    with pytest.raises(BenchError, match="is not a complete"):
        read_scores(path)


def test_files_that_cannot_be_opened_are_named(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"gone\.npy: cannot be read: No such file"):
        read_scores(tmp_path / "gone.npy")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(BenchError, match=r"folder\.csv: cannot be read"):
        read_scores(tmp_path / "folder.csv")
