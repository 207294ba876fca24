"""Figures that several pages draw alike: pictures under a slider, scores between their anchors, rows of intervals."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import HTML
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from study.figures import image_grid, step_curves, step_slider_html
from study.scores import SCORES

PIXELS = 96  # a side, of a small picture on a page


def picture_frames(
    cells: Iterable[Mapping],  # frame, panel (a concept), row, column, image
    *,
    size: tuple[float, float],  # inches of one panel
    across: bool = False,  # panels beside each other, each named below; else one below the other
) -> list[Figure]:
    """One figure for each frame, a grid of pictures for each panel in it: what a slider moves through."""
    frames = []
    for _, frame in pd.DataFrame(cells).groupby("frame", sort=False):
        panels = list(frame.groupby("panel", sort=False))
        shape = (1, len(panels)) if across else (len(panels), 1)
        inches = (size[0] * shape[1], size[1] * shape[0])
        figure, axes = plt.subplots(*shape, figsize=inches, squeeze=False, layout="constrained")
        for (name, rows), ax in zip(panels, axes.flat, strict=True):
            image_grid(rows, row="row", column="column", ax=ax, pixels=PIXELS).tick_params(labelsize=8)
            ax.set_xlabel(name if across else "")
        frames.append(figure)
        plt.close(figure)
    return frames


def slider(frames: Sequence[Figure], labels: Sequence, alt: str, **options) -> HTML:
    """The frames under a slider, as a page of the book shows them; `options` as for `step_slider_html`."""
    return HTML(step_slider_html(frames, [str(label) for label in labels], alt, **options))


def scores_between_anchors(
    summary: pd.DataFrame,  # concept, step, arm, the two scores, and the column `hue`
    anchors: pd.DataFrame,  # the two scores by (arm, concept)
    labels: Mapping[str, str],  # concept -> how it is written
    *,
    width: float = 3.3,  # inches of a column
    shaded: tuple[float, float] | None = None,  # steps
    hue: str | None = None,
    values: Mapping[str, str] = SCORES,  # column -> how it is written, from above
    **options,
) -> Figure:
    """Scores by step, one row each, one column a concept; dashed and dotted, their anchors."""
    names = list(dict.fromkeys(summary["concept"]))
    size = (max(6.5, width * len(names)), 2.7 * len(values))
    figure, axes = plt.subplots(
        len(values), len(names), figsize=size, sharex=True, sharey="row", squeeze=False, layout="constrained"
    )
    for (i, name), (j, (value, said)) in product(enumerate(names), enumerate(values.items())):
        rows = summary[summary["concept"] == name]
        ax = step_curves(rows, value, hue=hue, units="arm", ax=axes[j, i], markersize=4, **options)
        ax.axhline(anchors.loc[("image_only", name), value], color="0.3", linestyle="--", linewidth=1)
        ax.axhline(anchors.loc[("plain", name), value], color="0.3", linestyle=":", linewidth=1.2)
        ax.set(xlabel=f"training step\n{labels[name]}", ylabel=said)
        if shaded:
            ax.axvspan(*shaded, color="0.9", zorder=0)
            ax.set_xlim(0, summary["step"].max())
        if hue:
            ax.get_legend().remove()
    if hue:
        shared_legend(figure, axes[0, 0])
    return figure


def shared_legend(figure: Figure, ax: Axes, loc: str = "outside upper center", **options) -> None:
    """One legend for all panels of a figure, taken from one of them."""
    upper = dict(ncols=5) if "upper center" in loc else dict(fontsize=8)
    figure.legend(*ax.get_legend_handles_labels(), loc=loc, frameon=False, **upper | options)


def bars(table: pd.DataFrame) -> np.ndarray:
    """Lengths (2, rows) of error bars from the columns estimate, low and high; none where there is no interval."""
    ends = [table["estimate"] - table["low"], table["high"] - table["estimate"]]
    return np.nan_to_num(np.abs(np.array(ends, dtype=float)))


def interval_rows(
    ax: Axes,
    table: pd.DataFrame,  # a row a line: estimate, low, high
    parts: Sequence[Mapping[str, float]],  # of each line: concept -> its own mean
    labels: Sequence[str],  # of the lines
    called: Mapping[str, str],  # concept -> how it is written
    offset: float = 0.22,  # of the concepts' dots below the line
) -> Axes:
    """Means with their intervals in black, one a line, each concept's own as a coloured dot below."""
    middle = range(len(labels))
    ax.errorbar(
        table["estimate"], middle, xerr=bars(table), color="black", linestyle="", marker="o", capsize=3, zorder=3
    )
    for y, of in enumerate(parts):
        for i, (name, said) in enumerate(called.items()):
            seen = ax.get_legend_handles_labels()[1]
            if name in of:
                colour, label = f"C{i + 4}", None if said in seen else said
                ax.scatter(of[name], y + offset, color=colour, s=22, label=label)
    ax.set(yticks=middle, yticklabels=labels, ylim=(len(labels) - 0.4, -0.6))
    return ax


def differences(
    ax: Axes,
    table: pd.DataFrame,  # by key: change, low, high
    parts: Mapping[str, Mapping[str, float]],  # key -> concept -> its own difference
    labels: Sequence[str],  # of the lines
    hollow: Sequence[str] = (),  # concepts drawn as open dots
) -> Axes:
    """Differences around zero, one a line: a bar for the interval, a square for the mean, a dot for each concept."""
    for y, (key, row) in enumerate(table.iterrows()):
        for name, difference in parts[key].items():
            fill = "white" if name in hollow else "C0"
            ax.plot(difference, y + 0.18, "o", color="C0", markersize=5, markerfacecolor=fill, alpha=0.8)
        ax.plot([row["low"], row["high"]], [y, y], color="0.2", linewidth=3, solid_capstyle="butt")
        ax.plot(row["change"], y, "s", color="0.2", markersize=7)
    ax.axvline(0, color="0.4", linewidth=1)
    ax.set_yticks(range(len(table)), labels)
    ax.set_ylim(len(table) - 0.5, -0.5)
    ax.grid(axis="y", visible=False)
    return ax


def nothing_there(ax: Axes, why: str) -> Axes:
    """An empty panel that says why: a page keeps its figures on a model that cannot fill them."""
    ax.text(0.5, 0.5, why, ha="center", va="center", transform=ax.transAxes, wrap=True)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    return ax
