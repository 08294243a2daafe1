"""Photographs, and the package imagecorruptions as an oracle that draws from a given stream."""

import sys
import warnings
from collections.abc import Callable
from importlib import import_module
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_sample_image

Picture = NDArray[np.uint8]


@pytest.fixture(scope="session")
def photograph() -> Callable[..., Picture]:
    """A part of scikit-learn's photograph of a temple, scaled to `(height, width, 3)`."""
    whole = Image.fromarray(load_sample_image("china.jpg")[:, 100:527])

    def make(height: int, width: int) -> Picture:
        return np.asarray(whole.resize((width, height), Image.Resampling.LANCZOS))

    return make


class Draws:
    """numpy's old functions, drawing from one generator."""

    def __init__(self, stream: np.random.Generator) -> None:
        self.poisson, self.uniform = stream.poisson, stream.uniform
        self.normal: Callable[..., Any] = stream.normal
        self.randint: Callable[..., Any] = stream.integers


@pytest.fixture(scope="session")
def library() -> ModuleType:
    """The module with the functions of imagecorruptions 1.1.2.

    It was made for numpy 1 and scikit-image before 0.19. What it misses there is put in its place: names only, and
    `pkg_resources` only while it is imported, since pytest would take it for the real one.
    """
    pytest.importorskip("cv2")
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        resources = ModuleType("pkg_resources")
        resources.resource_filename = None  # type: ignore[attr-defined]
        patch.setitem(sys.modules, "pkg_resources", resources)
        try:
            return import_module("imagecorruptions.corruptions")
        except ModuleNotFoundError:
            pytest.skip("imagecorruptions is not installed")


@pytest.fixture
def oracle(library: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Picture]:
    """What imagecorruptions makes of an image with the draws of `stream`."""
    color, filters, util = (import_module(f"skimage.{name}") for name in ("color", "filters", "util"))

    def gaussian(image: Any, sigma: float, multichannel: bool) -> Any:
        return filters.gaussian(image, sigma=sigma, channel_axis=-1 if multichannel else None)

    def corrupt(image: Picture, kind: str, severity: int, stream: np.random.Generator) -> Picture:
        known = {name: getattr(np, name) for name in dir(np) if not name.startswith("_")}
        numpy = SimpleNamespace(**{**known, "random": Draws(stream), "float_": np.float64})
        noise = SimpleNamespace(random_noise=lambda image, **how: util.random_noise(image, rng=stream, **how))
        monkeypatch.setattr(library, "np", numpy)
        monkeypatch.setattr(library, "sk", SimpleNamespace(util=noise, color=color))
        monkeypatch.setattr(library, "gaussian", gaussian)
        return np.asarray(getattr(library, kind)(Image.fromarray(image), severity)).astype(np.uint8)

    return corrupt
