"""Grids of small pictures one below the other: what several words draw of several concepts, each grid with its heads."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from study.figures import image_grid
from study.panels import PIXELS

INCH = 1.12  # of one picture, gap included


def stacked_grids(
    tiles: pd.DataFrame,  # panel, row, column, image; the first picture of each cell is shown
    rows: Sequence[str],  # those shown, from above
    heads: Mapping[str, Mapping[str, str]],  # panel -> column -> how it is written
) -> Figure:
    """A grid for each panel of `heads`, its name at the left; a panel that has no pictures is left out."""
    panels = {panel: tiles[(tiles["panel"] == panel) & tiles["row"].isin(rows)] for panel in heads}
    panels = {panel: own for panel, own in panels.items() if len(own)}
    widest = max(3, *(own["column"].nunique() for own in panels.values()))
    lines = 1 + max(said.count("\n") for panel in panels for said in heads[panel].values())
    size = (INCH * widest + 2.4, (INCH * len(rows) + 0.2 * lines) * len(panels))
    figure, axes = plt.subplots(len(panels), 1, figsize=size, squeeze=False, layout="constrained")
    for ax, (panel, own) in zip(axes.flat, panels.items(), strict=True):
        in_order = pd.concat([own[own["row"] == row] for row in rows])
        image_grid(in_order, row="row", column="column", column_labels=dict(heads[panel]), ax=ax, pixels=PIXELS)
        ax.tick_params(labelsize=8)
        ax.set_ylabel(panel, fontsize=10, fontweight="bold")
    return figure
