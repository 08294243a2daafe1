"""What the audit finds of planted duplicates, and how often it calls different pictures duplicates.

    python benchmarks/audit_duplicates.py --data DIR --out results/audit

Copies of CIFAR-10 test images (the same, mirrored, compressed, shifted by two pixels, and all at once) are looked up
among all test images. False alarms are counted on every fifth test image, looked up among the other 8,000. What is
found there includes CIFAR-10's own near-duplicates, so the share is an upper bound; `--sheet FILE` shows them. Also
told: the traces of resizing in images that were made with and without.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from bench.atomic import write_json
from bench.audit.near_duplicates import ALIKE, KnownImages
from bench.audit.resampling import periodicity, profile_magnitudes
from bench.audit.spectrum import luma
from bench.data.dataset import DATASETS, Place
from bench.provenance import static_provenance

Colour = NDArray[np.uint8]
Change = Callable[[Colour, int], Colour]

SHIFTS = ((0, 2), (2, 0), (-2, 2), (2, 2), (0, -2), (-2, 0), (2, -2), (-2, -2))


def mirrored(image: Colour, place: int) -> Colour:
    del place
    return image[:, ::-1]


def compressed(quality: int) -> Change:
    def change(image: Colour, place: int) -> Colour:
        del place
        file = BytesIO()
        Image.fromarray(np.ascontiguousarray(image)).save(file, "JPEG", quality=quality)
        return np.asarray(Image.open(file).convert("RGB"))

    return change


def shifted(mode: str) -> Change:
    """Moved by two pixels, each image another way; the gap black (`constant`) or the nearest pixels (`edge`)."""

    def change(image: Colour, place: int) -> Colour:
        down, right = SHIFTS[place % len(SHIFTS)]
        padded: Colour = np.pad(image, ((2, 2), (2, 2), (0, 0)), mode=mode)  # type: ignore[call-overload]
        return padded[2 - down : 34 - down, 2 - right : 34 - right]

    return change


def all_at_once(image: Colour, place: int) -> Colour:
    return compressed(75)(mirrored(shifted("edge")(image, place), place), place)


CHANGES: dict[str, Change] = {
    "same pixels": lambda image, place: image,
    "mirrored": mirrored,
    "JPEG, quality 75": compressed(75),
    "JPEG, quality 50": compressed(50),
    "shifted by 2, edge repeated": shifted("edge"),
    "shifted by 2, gap black": shifted("constant"),
    "shifted, mirrored, JPEG 75": all_at_once,
}


def small(images: Colour) -> NDArray[np.uint8]:
    """Grey values as the audit sees them."""
    unit = torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).float() / 255
    grey: NDArray[np.uint8] = (luma(unit) * 255).round().byte().numpy()
    return grey


def recalls(images: Colour, known: KnownImages, planted: int) -> list[dict[str, Any]]:
    """A row for each change: how many of the planted copies are found, and with the right original."""
    places = np.linspace(0, len(images) - 1, planted).astype(int)
    rows = []
    for name, change in CHANGES.items():
        copies = np.stack([change(images[place], count) for count, place in enumerate(places)])
        found = known.near_duplicates(small(copies))
        right = sum(places[one.place] == one.other for one in found)
        rows.append({"change": name, "planted": planted, "found": len(found), "recall": len(found) / planted})
        rows[-1]["right_original"] = int(right) / planted
        print(rows[-1], flush=True)
    return rows


def false_alarms(images: Colour, sheet: Path | None) -> dict[str, Any]:
    """How many of 2,000 images have a double among the other 8,000."""
    looked_up = np.arange(0, len(images), 5)
    others = np.setdiff1d(np.arange(len(images)), looked_up)
    grey = small(images)
    found = KnownImages(grey[others]).near_duplicates(grey[looked_up])
    if sheet is not None and found:
        pairs = [np.concatenate([images[looked_up[one.place]], images[others[one.other]]], axis=1) for one in found]
        Image.fromarray(np.concatenate(pairs)).resize((256, 128 * len(pairs))).save(sheet)
    return {
        "images": len(looked_up),
        "among": len(others),
        "found": len(found),
        "share": len(found) / len(looked_up),
        "similarities": sorted(round(one.similarity, 3) for one in found),
    }


def traces(images: Colour) -> list[dict[str, Any]]:
    """The most prominent period of images that were made in a known way."""
    corner = [Image.fromarray(image[:24, :24]) for image in images]
    ways: dict[str, Callable[[Image.Image], Image.Image]] = {
        f"24x24 enlarged to 32x32, {filter.name.lower()}": lambda one, filter=filter: one.resize((32, 32), filter)  # type: ignore[misc]
        for filter in (Image.Resampling.NEAREST, Image.Resampling.BILINEAR, Image.Resampling.BICUBIC)
    }
    made = {name: np.stack([np.asarray(way(one)) for one in corner]) for name, way in ways.items()}
    made["16x16 enlarged to 32x32, bilinear"] = np.stack(
        [np.asarray(Image.fromarray(one[:16, :16]).resize((32, 32), Image.Resampling.BILINEAR)) for one in images]
    )
    made["JPEG, quality 50"] = np.stack([compressed(50)(one, 0) for one in images])
    made["as they are"] = images
    rows = []
    for name, some in made.items():
        found = periodicity(profile_magnitudes(torch.from_numpy(small(some)) / 255))
        assert found is not None
        rows.append({"images": name, "period": found.period, "prominence": round(found.prominence, 3)})
        print(rows[-1], flush=True)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("results/audit"))
    parser.add_argument("--planted", type=int, default=1000)
    parser.add_argument("--sheet", type=Path, help="PNG of what is counted as a false alarm")
    options = parser.parse_args()
    loaded = DATASETS.get("cifar10")().load("test", Place(options.data))
    images = np.asarray(loaded.read(np.arange(len(loaded))))
    found = {
        "alike": ALIKE,
        "recall": recalls(images, KnownImages(small(images)), options.planted),
        "false_alarms": false_alarms(images, options.sheet),
        "traces": traces(images[::5]),
        "provenance": static_provenance(),
    }
    print(found["false_alarms"])
    write_json(options.out / "planted-duplicates.json", found)


if __name__ == "__main__":
    main()
