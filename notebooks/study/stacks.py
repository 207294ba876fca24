"""Grids of small pictures one below the other: what several words draw of several concepts."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from study.figures import image_grid
from study.panels import PIXELS

INCH = 1.12  # of one picture, gap included


def stacked_grids(
    tiles: pd.DataFrame,  # panel, row, column (as it is written), image; the first picture of each cell is shown
    panels: Sequence[str],  # the grids, from above
    rows: Sequence[str],  # of each
) -> Figure:
    """A grid a panel, its name at the left; a panel that has no pictures is left out, and so is any other row."""
    grids = {panel: tiles[(tiles["panel"] == panel) & tiles["row"].isin(rows)] for panel in panels}
    grids = {panel: own for panel, own in grids.items() if len(own)}
    widest = max(3, *(own["column"].nunique() for own in grids.values()))
    lines = 1 + tiles["column"].str.count("\n").max()  # of a column's head
    size = (INCH * widest + 2.4, (INCH * len(rows) + 0.2 * lines) * len(grids))
    figure, axes = plt.subplots(len(grids), 1, figsize=size, squeeze=False, layout="constrained")
    for ax, (panel, own) in zip(axes.flat, grids.items(), strict=True):
        in_order = pd.concat([own[own["row"] == row] for row in rows])
        image_grid(in_order, row="row", column="column", ax=ax, pixels=PIXELS).tick_params(labelsize=8)
        ax.set_ylabel(panel, fontsize=10, fontweight="bold")
    return figure
