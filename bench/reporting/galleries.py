"""The images that the best method of a run is most wrong about."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.data.bindings import parse_binding
from bench.data.dataset import Place
from bench.data.images import Images
from bench.data.resolve import resolve_dataset
from bench.data.transform import InputTransform
from bench.errors import BenchError
from bench.report_page import Gallery, Thumbnail
from bench.store import Store

SIDE = 48
"""Pixels of a thumbnail's longer side, at most."""


def galleries_of(
    folder: Path, root: Path, bound: Sequence[str] = (), *, method: str | None = None, count: int = 12
) -> tuple[list[Gallery], list[str]]:
    """For each OOD set the images with the highest scores, for the ID set those with the lowest, and remarks on sets
    whose images are not at hand.

    The method is that with the best mean AUROC over the sets, or `method`. Images are looked for below `root`, those
    of `bound` (`NAME=KIND:SOURCE`) where it says; they are shown only if they are those that were tested.
    """
    store = Store(folder)
    records = [one for one in store.records() if one["row"]["protocol"] == "published"] or store.records()
    chosen = _records_of(records, method)
    finder = _Finder(root, bound)
    galleries, remarks = [], []
    for record in chosen:
        try:
            galleries.append(_most_wrong(store, record, finder, count))
        except BenchError as error:
            remarks.append(f"No gallery of {record['row']['ood']}: {error}")
    try:
        galleries += [_least_sure(store, chosen[0], finder, count)] if chosen else []
    except BenchError as error:
        remarks.append(f"No gallery of {chosen[0]['row']['id']}: {error}")
    return galleries, remarks


def _records_of(records: Sequence[Mapping[str, Any]], method: str | None) -> list[Mapping[str, Any]]:
    """The records of one method with one network and seed, those with the best mean AUROC."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for record in records:
        row = record["row"]
        if row["network"] != "none" if method is None else row["method"] == method:
            groups.setdefault(f"{row['method']} {row['parameters']} {row['weights']}", []).append(record)
    if not groups:
        raise BenchError(f"There are no results of {method or 'a method with a network'} to show images of.")
    most = max(map(len, groups.values()))
    full = [members for members in groups.values() if len(members) == most]
    return max(full, key=lambda members: float(np.mean([one["row"]["auroc"] for one in members])))


class _Finder:
    """Finds test images by name, each set once."""

    def __init__(self, root: Path, bound: Sequence[str]) -> None:
        self.root, self.bindings = root, {one.name: one for one in map(parse_binding, bound)}
        self.found: dict[str, Images] = {}

    def images(self, told: Sequence[str], scored: int, transform: Mapping[str, Any]) -> Images:
        """The images that a cell has `told` by name and identity; raises `BenchError` unless they are those tested."""
        name, identity = told
        if name not in self.found:
            one = InputTransform.from_dict(dict(transform))
            place = Place(self.root, one.height, one.width, one.channels, one.mean, one.std)
            self.found[name] = resolve_dataset(name, self.bindings, {}).load("test", place)
        images = self.found[name]
        if images.identity != identity:
            raise BenchError("the images at hand are not those that were tested.")
        if len(images) != scored:
            raise BenchError("a part of its images was left out of the test, and which is not kept.")
        return images


def _most_wrong(store: Store, record: Mapping[str, Any], finder: _Finder, count: int) -> Gallery:
    scores = store.scores(record["key"]).ood_scores
    images = finder.images(record["cell"]["ood"], len(scores), record["cell"]["transform"])
    places = np.argsort(-scores, kind="stable")[:count]
    title = f"{record['row']['ood']}: the OOD images that {record['row']['method']} finds most in-distribution"
    return Gallery(title, list(_thumbnails(images, places, scores)))


def _least_sure(store: Store, record: Mapping[str, Any], finder: _Finder, count: int) -> Gallery:
    found = store.scores(record["key"])
    images = finder.images(record["cell"]["id"], len(found.id_scores), record["cell"]["transform"])
    places = np.argsort(found.id_scores, kind="stable")[:count]
    title = f"{record['row']['id']}: the ID images that {record['row']['method']} finds least in-distribution"
    return Gallery(title, list(_thumbnails(images, places, found.id_scores, found.id_correct)))


def _thumbnails(
    images: Images, places: NDArray[np.intp], scores: NDArray[np.float64], correct: NDArray[np.bool_] | None = None
) -> Iterator[Thumbnail]:
    for place in places.tolist():
        words = [f"{scores[place]:.4g}"]
        if images.labels is not None and images.classes:
            words.append(images.classes[int(images.labels[place])])
        if correct is not None:
            words.append("classified rightly" if correct[place] else "classified wrongly")
        yield Thumbnail(_png(images.read(np.array([place]))[0]), ", ".join(words))


def _png(pixels: NDArray[Any]) -> str:
    """The image as the address of a PNG, made smaller where it is large."""
    from PIL import Image

    if pixels.dtype == np.uint16:
        pixels = pixels // 257
    elif pixels.dtype != np.uint8:
        pixels = np.rint(255 * np.clip(pixels, 0, 1))
    image = Image.fromarray(np.squeeze(pixels.astype(np.uint8)))
    image.thumbnail((SIDE, SIDE))
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
