"""Grids of small pictures one below the other: what several words draw of several concepts."""

from collections.abc import Iterator, Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from study.figures import image_grid
from study.panels import PIXELS

INCH = 1.12  # of one picture, gap included
MOST = 8  # columns of a grid: with more of them the labels could not be read


def stacked_grids(
    tiles: pd.DataFrame,  # panel, row, column (as it is written), image; the first picture of each cell is shown
    panels: Sequence[str],  # from above
    rows: Sequence[str],  # of each
) -> Figure:
    """A grid a panel, its name at the left, or several grids below each other where it has many columns.

    A panel that has no pictures is left out, and so is any other row.
    """
    grids = list(_grids(tiles[tiles["row"].isin(rows)], panels))
    widest = max(3, *(own["column"].nunique() for _, own in grids))
    lines = 1 + tiles["column"].str.count("\n").max()  # of a column's head
    size = (INCH * widest + 2.4, (INCH * len(rows) + 0.2 * lines) * len(grids))
    figure, axes = plt.subplots(len(grids), 1, figsize=size, squeeze=False, layout="constrained")
    for ax, (panel, own) in zip(axes.flat, grids, strict=True):
        in_order = pd.concat([own[own["row"] == row] for row in rows])
        image_grid(in_order, row="row", column="column", ax=ax, pixels=PIXELS).tick_params(labelsize=10)
        ax.set_ylabel(panel, fontsize=12, fontweight="bold")
    return figure


def _grids(tiles: pd.DataFrame, panels: Sequence[str]) -> Iterator[tuple[str, pd.DataFrame]]:
    """Each panel's tiles, so many columns at a time that none has more than MOST and all are as wide."""
    for panel in panels:
        own = tiles[tiles["panel"] == panel]
        columns = list(dict.fromkeys(own["column"]))
        width = -(-len(columns) // -(-len(columns) // MOST)) if columns else 1
        for start in range(0, len(columns), width):
            yield panel, own[own["column"].isin(columns[start : start + width])]
