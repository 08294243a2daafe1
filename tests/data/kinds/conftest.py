"""The same images by every kind of binding: one way to write each, so that what holds for one can be asked of all."""

from __future__ import annotations

import csv
import io
import json
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bench.optional import optional_module

datasets = optional_module("datasets", extra="hf", purpose="to write such data sets")

File = tuple[str, bytes]
"""The name of an image file and its bytes."""

Write = Callable[[Path, Sequence[File], Sequence[int] | None], str]
"""Writes image files with labels, or without, into an empty folder, and returns the source that means them."""


def write_files(folder: Path, files: Sequence[File]) -> None:
    for name, content in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def write_folder(folder: Path, files: Sequence[File], labels: Sequence[int] | None) -> str:
    places = [""] * len(files) if labels is None else [f"{label}/" for label in labels]
    write_files(folder, [(place + name, content) for place, (name, content) in zip(places, files, strict=True)])
    return str(folder)


def write_imglist(folder: Path, files: Sequence[File], labels: Sequence[int] | None) -> str:
    """As OpenOOD's archives are: the lists and the images side by side."""
    write_files(folder / "images_classic" / "mine" / "test", files)
    found = [-1] * len(files) if labels is None else labels
    lines = [f"mine/test/{name} {label}\n" for (name, _), label in zip(files, found, strict=True)]
    path = folder / "benchmark_imglist" / "mine" / "test_mine.txt"
    path.parent.mkdir(parents=True)
    path.write_text("".join(lines), encoding="utf-8")
    return str(path)


def write_csv(folder: Path, files: Sequence[File], labels: Sequence[int] | None) -> str:
    write_files(folder / "images", files)
    with (folder / "list.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["path", *([] if labels is None else ["label"])])
        for place, (name, _) in enumerate(files):
            writer.writerow([f"images/{name}", *([] if labels is None else [labels[place]])])
    return str(folder / "list.csv")


def add_member(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    archive.addfile(info, io.BytesIO(content))


def write_webdataset(folder: Path, files: Sequence[File], labels: Sequence[int] | None) -> str:
    """Two shards, the second with the odd rest."""
    half = len(files) // 2
    folder.mkdir(parents=True, exist_ok=True)
    for shard, part in enumerate([range(half), range(half, len(files))] if half else [range(len(files))]):
        with tarfile.open(folder / f"s-{shard:03d}.tar", "w") as archive:
            for place in part:
                name, content = files[place]
                stem = name.rpartition(".")[0]
                add_member(archive, name, content)
                if labels is not None:
                    add_member(archive, f"{stem}.cls", str(labels[place]).encode())
                add_member(archive, f"{stem}.json", json.dumps({"name": name}).encode())
    return str(folder / ("s-{000..001}.tar" if half else "s-000.tar"))


def write_hf(folder: Path, files: Sequence[File], labels: Sequence[int] | None) -> str:
    """A parquet file with a column of images, as the hub keeps them."""
    columns: dict[str, Any] = {"image": [{"bytes": content, "path": name} for name, content in files]}
    features: dict[str, Any] = {"image": datasets.Image()}
    if labels is not None:
        columns["label"], features["label"] = list(labels), datasets.Value("int64")
    (folder / "data").mkdir(parents=True, exist_ok=True)
    table = datasets.Dataset.from_dict(columns, features=datasets.Features(features))
    table.to_parquet(folder / "data" / "test-00000-of-00001.parquet")
    return str(folder)


def write_npz(folder: Path, files: Sequence[File], labels: Sequence[int] | None) -> str:
    """Pixels have no format; this is what a user who decodes with Pillow saves, alpha and all."""
    images = [np.asarray(_plain(Image.open(io.BytesIO(content)))) for _, content in files]
    folder.mkdir(parents=True, exist_ok=True)
    named = {} if labels is None else {"labels": np.array(labels)}
    np.savez(folder / "images.npz", images=np.stack(images), **named)  # type: ignore[arg-type]
    return str(folder / "images.npz")


def _plain(image: Image.Image) -> Image.Image:
    """Palettes resolved and turned upright, as a `.npz` file cannot say how."""
    from PIL import ImageOps

    turned = ImageOps.exif_transpose(image)
    return turned.convert("RGB") if turned.mode == "P" else turned


@dataclass(frozen=True)
class Case:
    """How images get behind a kind of binding, and whether they stay the bytes of image files there."""

    write: Write
    keeps_bytes: bool = True


CASES = {
    "folder": Case(write_folder),
    "npz": Case(write_npz, keeps_bytes=False),
    "imglist": Case(write_imglist),
    "csv": Case(write_csv),
    "webdataset": Case(write_webdataset),
    "hf": Case(write_hf),
}


@pytest.fixture
def cases() -> dict[str, Case]:
    return CASES


@pytest.fixture(params=list(CASES))
def kind(request: pytest.FixtureRequest) -> str:
    """Every kind, one after another."""
    return str(request.param)


@pytest.fixture(params=[name for name, case in CASES.items() if case.keeps_bytes])
def file_kind(request: pytest.FixtureRequest) -> str:
    """Every kind behind which images are bytes of image files."""
    return str(request.param)
