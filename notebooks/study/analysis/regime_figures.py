"""The figures of the page on settings: what they draw, the deciding value by each of them, how large a study must be."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from PIL import Image

from study.analysis.regime import CALLED, SIZES
from study.figures import PALETTE, image_grid
from study.panels import PIXELS, nothing_there
from study.wording import counted


def pictures(
    drawn: Mapping[tuple, Sequence[Image.Image]],  # by setting and concept
    tried: Mapping[str, tuple],  # how a column is called -> its setting
    photos: Mapping[str, Image.Image],  # concept -> a training picture
    labels: Mapping[str, str],
    which: int,  # of the pictures of a word
) -> Figure:
    """A row a concept: a training picture, then one that each setting draws."""
    cells = []
    for name, photo in photos.items():
        cells.append(dict(row=name, column="training", image=photo))
        cells += [dict(row=name, column=said, image=drawn[*at, name][which]) for said, at in tried.items()]
    ax = image_grid(pd.DataFrame(cells), row="row", column="column", row_labels=dict(labels), pixels=PIXELS)
    ax.tick_params(labelsize=8)
    return ax.figure


def length(table: pd.DataFrame, values: Mapping[str, str], chosen: int) -> Figure:
    """Values (column -> how it is called) by step, a panel each, as far as they are known; a line a learning rate.

    Means alone: the bands of so many lines would lie on one another. Shares and CLIP's balance both end at one.
    """
    known = [value for value in values if table[value].notna().any()] or [*values][-1:]
    figure, axes = plt.subplots(
        1, len(known), figsize=(3.7 * len(known) + 1, 3.4), sharex=True, squeeze=False, layout="constrained"
    )
    by_rate = table.astype(dict(rate=str)).rename(columns=dict(rate=CALLED["rate"]))
    for ax, value in zip(axes.flat, known, strict=True):
        if table[value].notna().any():
            means = by_rate.groupby(["step", CALLED["rate"], "concept"], sort=False)[value].mean().reset_index()
            sns.lineplot(means, x="step", y=value, hue=CALLED["rate"], palette=PALETTE, errorbar=None, marker="o", ax=ax)
            lines, names = ax.get_legend_handles_labels()
            ax.get_legend().remove()
        ax.axvline(chosen, color="0.4", linestyle="--", linewidth=1)
        ax.set(xlabel="training step", ylabel=values[value], ylim=(0, 1.03))
    if figure.axes[0].lines[1:]:
        figure.legend(lines, names, title=CALLED["rate"], loc="outside right center")
    return figure


def others(tables: Mapping[str, pd.DataFrame], chosen: Mapping[str, float], naive: float, said: str) -> Figure:
    """The deciding value by KL weight and by guidance (tables by axis): the mean, and thin, each concept.

    naive: the value without a KL term, dotted in the panel of the weight.
    """
    figure, axes = plt.subplots(1, len(tables), figsize=(9.5, 3.6), layout="constrained")
    for ax, (axis, table) in zip(axes, tables.items(), strict=True):
        each = table.groupby(["concept", axis])["value"].mean().unstack("concept")
        ax.plot(each, color="0.7", linewidth=1)
        ax.plot(each.mean(axis=1), "o-", color="C0", linewidth=2.2)
        ax.axvline(chosen[axis], color="0.4", linestyle="--", linewidth=1)
        if axis == "weight":
            ax.axhline(naive, color="C3", linestyle=":")
        ax.set(xlabel=CALLED[axis], ylabel=said, xscale="log")
        ax.set_xticks(each.index, [f"{x:g}" for x in each.index], minor=False)
        ax.minorticks_off()
    return figure


def power(plan: pd.DataFrame | None, smallest: float, seeds: int) -> Figure:
    """Width of the interval by number of concepts (from `simulated`): a line for so many seeds and pictures.

    Of the seeds tried all with the fewest pictures; of the numbers of pictures all with as many `seeds` as here.
    """
    figure, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
    if plan is None:
        nothing_there(ax, "no oracle, or a single concept:\nnothing to plan from")
        return figure
    for (n, each), rows in plan.groupby(["seeds", "pictures"]):
        if each == SIZES[0][2] or n == seeds:
            ax.plot(rows["concepts"], rows["width"], "o-", markersize=4, label=f"{counted(n, 'seed')}, {each} pictures")
    ax.axhline(smallest, color="0.3", linestyle="--", linewidth=1)
    ax.set(xlabel="concepts", ylabel="width of the interval", ylim=(0, None))
    ax.legend(fontsize=8)
    return figure
