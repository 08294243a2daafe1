"""Look for inputs that a parser neither reads nor refuses, guided by coverage.

`python scripts/fuzz.py npz --seconds 60` tries one parser, and `python scripts/fuzz.py --list` names them all.
Needs `pip install 'oodbench[fuzz]'`. What is found is written to the folder `--found` and ends the search; it belongs
into `tests/fuzz` then.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import atheris
import numpy as np

with atheris.instrument_imports(include=["bench", "tomllib", "tarfile", "zipfile", "csv", "PIL"]):
    from bench.ablation.file import read_ablation
    from bench.data.brace_expansion import expanded
    from bench.data.decode import decode
    from bench.data.kinds.csv import Csv
    from bench.data.kinds.imglist import ImgList
    from bench.data.kinds.webdataset import WebDataset
    from bench.data.npz import open_npz
    from bench.data.transform_file import read_transform
    from bench.errors import BenchError
    from bench.json_text import parse_json
    from bench.metrics.score_files import read_scores
    from bench.plugins import PluginFile
    from bench.running.run_file import read_run_file
    from bench.suites.file import suite_from_file

FOLDER = Path(tempfile.mkdtemp(prefix="fuzz-"))


def file(name: str, read: Callable[[Path], Any]) -> Callable[[bytes], None]:
    """A parser of a file that is called so."""
    path = FOLDER / name

    def parse(content: bytes) -> None:
        path.write_bytes(content)
        read(path)

    return parse


def _json(content: bytes) -> None:
    try:
        json.dumps(parse_json(content), allow_nan=False)
    except ValueError:
        return


def _npz() -> bytes:
    content = io.BytesIO()
    np.savez(content, images=np.zeros((1, 2, 2), np.uint8), labels=np.zeros(1, int))
    return content.getvalue()


def _npy() -> bytes:
    content = io.BytesIO()
    np.save(content, np.zeros(3))
    return content.getvalue()


PARSERS: dict[str, tuple[Callable[[bytes], None], bytes]] = {
    "run": (file("a.toml", read_run_file), b'method = "msp"\nid = "x=npz:a"\n[set.odin]\nepsilon = 0.1\n'),
    "suite": (file("a.toml", suite_from_file), b'title = "a"\nid = "b"\n[groups]\nnear = ["c"]\n'),
    "ablation": (
        file("a.toml", lambda path: read_ablation(str(path))),
        b'id = "a"\nvary = "odin.epsilon"\nvalues = [1]\n',
    ),
    "transform": (file("a.toml", read_transform), b"height = 8\nwidth = 8\nmean = [0.5]\nstd = [0.5]\n"),
    "npz": (file("a.npz", open_npz), _npz()),
    "npy": (file("a.npy", read_scores), _npy()),
    "scores": (file("a.csv", read_scores), b"score\n0.5\n"),
    "image": (lambda content: decode(io.BytesIO(content), "it"), b"P6\n1 1\n255\nabc"),
    "imglist": (file("a.txt", lambda path: ImgList(str(path), {}).open("test")), b"a.png 0\n"),
    "csv": (file("b.csv", lambda path: Csv(str(path), {}).open("test")), b"path,label\na.png,0\n"),
    "shard": (file("a.tar", lambda path: WebDataset(str(path), {}).open("test")), b"a.png" + bytes(1019)),
    "braces": (lambda content: expanded(content.decode("utf-8", "replace")), b"{0..3}-{a,b}"),
    "json": (_json, b'{"a": [1.5, null]}'),
    "plugin": (
        file("a.py", lambda path: PluginFile.read(path).entries),
        b'import bench\n@bench.method("a")\ndef f(): ...\n',
    ),
}
"""What is fuzzed, by name, and a valid input to begin with."""


def main() -> None:
    """Run atheris on one parser."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("parser", nargs="?", choices=sorted(PARSERS))
    options.add_argument("--list", action="store_true")
    options.add_argument("--seconds", type=int, default=60)
    options.add_argument("--found", default="fuzz-found")
    given = options.parse_args()
    if given.list or given.parser is None:
        print("\n".join(sorted(PARSERS)))
        return
    parse, seed = PARSERS[given.parser]
    corpus, found = FOLDER / "corpus", Path(given.found)
    corpus.mkdir()
    found.mkdir(parents=True, exist_ok=True)
    (corpus / "valid").write_bytes(seed)

    def survive(content: bytes) -> None:
        try:
            parse(content)
        except BenchError:
            return

    limits = [f"-max_total_time={given.seconds}", "-timeout=20", "-rss_limit_mb=4096", "-max_len=4096"]
    atheris.Setup([sys.argv[0], *limits, f"-artifact_prefix={found}/{given.parser}-", str(corpus)], survive)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
