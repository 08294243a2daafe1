"""Extracted outputs kept on disk by content: weights, transform, images and view; read back memory-mapped."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from bench.atomic import write_folder_atomically
from bench.cache import cache_root
from bench.canonical import content_key
from bench.data.images import Images
from bench.data.transform import InputTransform
from bench.errors import BenchError
from bench.progress import Progress

from .extract import extract
from .outputs import Outputs
from .view import View

VERSION = 1


def extract_cached(
    model: nn.Module,
    weights_hash: str,
    images: Images,
    transform: InputTransform,
    views: Sequence[View],
    *,
    device: torch.device,
    label: str,
) -> dict[View, Outputs]:
    """`extract`, but views that were extracted before are read from disk, and new ones are kept there."""
    folders = {view: _folder(weights_hash, images, transform, view) for view in dict.fromkeys(views)}
    missing = [view for view, folder in folders.items() if not folder.is_dir()]
    if missing:
        progress = Progress(label, len(images))
        new = extract(model, images, transform, missing, device=device, after_batch=progress.update)
        for view, outputs in new.items():
            _save(folders[view], outputs)
        progress.finish(f"{len(images):,} images")
    return {view: _load(folder, images) for view, folder in folders.items()}


def _folder(weights_hash: str, images: Images, transform: InputTransform, view: View) -> Path:
    identity: dict[str, Any] = {
        "version": VERSION,
        "weights": weights_hash,
        "transform": transform.to_dict(),
        "images": images.identity,
        "view": view.describe(),
        "precision": "fp32",
    }
    return cache_root() / "outputs" / content_key(identity)


def _save(folder: Path, outputs: Outputs) -> None:
    def fill(temporary: Path) -> None:
        for name in ("logits", "features", "confidence_logit"):
            array = getattr(outputs, name)
            if array is not None:
                np.save(temporary / f"{name}.npy", array)

    write_folder_atomically(folder, fill)


def _load(folder: Path, images: Images) -> Outputs:
    def array(name: str) -> Any:
        return np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)

    try:
        has_confidence = (folder / "confidence_logit.npy").exists()
        confidence = array("confidence_logit") if has_confidence else None
        return Outputs(array("logits"), array("features"), confidence, images.labels)
    except (OSError, ValueError, EOFError) as error:
        raise BenchError(f"Extracted outputs are damaged ({error}). Delete {folder} to extract them again.") from error
