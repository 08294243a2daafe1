"""The learned confidence over the plane."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from bench.ablation.outcome import AblationReport, Surface, Surfaces, ablation_report

from .panels import Grid
from .style import NEUTRAL_COLOR, PALETTE, figure_name, figure_style, save_figure

GRID = Grid(4, 2.0, 2.0, left=0.3, right=0.1, above=0.5, below=0.25, key=0.3, least=3.6)

COLORS = "cividis"
"""Dark blue is unsure, yellow is sure, for all kinds of colour vision."""

OF_CLASS = (PALETTE[3], "#FFFFFF")
"""The points of class 0 and 1; each has a dark rim, so that it shows on both ends of the colours."""


@ablation_report("confidence-surface")
class ConfidenceSurface(AblationReport[Surfaces]):
    """For each variant the confidence as colour over the plane, the training points, and where the class changes.

    DeVries & Taylor (2018) show the like in their figure 3.
    """

    of = Surfaces

    def write(self, outcome: Surfaces, folder: Path) -> list[Path]:
        """Write `toy.png` and `.svg`."""
        with figure_style():
            return save_figure(_figure(outcome), folder, "toy")


def _figure(outcome: Surfaces) -> Figure:
    title = "Learned confidence on XOR with noisy labels along the borders"
    figure, all_axes = GRID.draw(len(outcome.surfaces), title, "", "")
    images = [_draw(axes, outcome, one) for axes, one in zip(all_axes, outcome.surfaces, strict=True)]
    width, height = figure.get_size_inches()
    above = all_axes[0].get_position().y1 + (GRID.above + 0.1) / height
    bar = figure.add_axes((0.5 - 0.75 / width, above, 1.5 / width, 0.1 / height))
    figure.colorbar(images[0], cax=bar, orientation="horizontal", ticks=[])
    for place, words, side in ((0, "confidence 0", "right"), (1, "1", "left")):
        x = (-0.04, 1.04)[place]
        bar.text(x, 0.4, words, transform=bar.transAxes, ha=side, va="center", fontsize=7.5)
    return figure


def _draw(axes: Axes, outcome: Surfaces, surface: Surface) -> AxesImage:
    far = outcome.extent
    image = axes.imshow(surface.confidence, cmap=COLORS, vmin=0, vmax=1, origin="lower", extent=(-far, far, -far, far))
    places = np.linspace(-far, far, len(surface.positive))
    axes.contour(places, places, surface.positive, [0.5], colors=NEUTRAL_COLOR, linewidths=0.9)
    for label, color in enumerate(OF_CLASS):
        points = outcome.points[outcome.labels == label]
        axes.scatter(points[:, 0], points[:, 1], s=3, color=color, edgecolor=NEUTRAL_COLOR, linewidth=0.2)
    measured = ", ".join(f"{name} {value:.2g}" for name, value in surface.measured.items())
    axes.set_title(f"{figure_name(outcome.axis)} = {figure_name(surface.variant)}\n{measured}", fontsize=7.5)
    axes.set_xticks([-1, 0, 1])
    axes.set_yticks([-1, 0, 1])
    axes.spines[:].set_visible(False)
    return image
