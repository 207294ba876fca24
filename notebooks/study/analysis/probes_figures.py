"""The figures of the page on probes: means over concepts with their intervals, one kind of word a colour."""

from collections.abc import Mapping, Sequence
from textwrap import fill

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from PIL import Image

from study.analysis.probes import CLASS, KL, NAIVE, POOLED, RANDOM, READINGS, RIGHT, RUNG_SAID, TRUE
from study.figures import PALETTE, image_grid
from study.panels import PIXELS

MAIN = (CLASS, RANDOM, TRUE, NAIVE, KL)  # without the rescaled words
POINTS = dict(errorbar=("ci", 95), seed=0, palette=PALETTE)
TWO_WAYS = dict(hue="pooling", linestyle="none", dodge=0.3, capsize=0.08, markers=["o", "X"]) | POINTS


def among(table: pd.DataFrame, readings: Sequence[str]) -> list[str]:
    """Those of the readings that a table has."""
    return [reading for reading in readings if (table["reading"] == reading).any()] if len(table) else []


def unit_means(table: pd.DataFrame, by: Sequence[str], values: Sequence[str]) -> pd.DataFrame:
    """Means by unit, so that an interval is over units and not pictures: concepts, or the seeds of a single one."""
    if table.empty:
        return table
    unit = "concept" if table["concept"].nunique() > 1 else "seed"
    return table.groupby([*by, unit], sort=False)[list(values)].mean().reset_index().replace({"pooling": POOLED})


def pictures(
    drawn: Mapping[str, pd.Series],  # concept -> its pictures by (reading, prompt)
    photos: Mapping[str, Image.Image],  # concept -> one of its training pictures
    heads: Mapping[str, Mapping[str, str]],  # concept -> prompt -> how its column is called
    labels: Mapping[str, str],  # concept -> how it is called, below its panel
) -> Figure:
    """A panel for each concept: a row a word, a training picture at the left, then the plain prompt and each context."""
    figure, axes = plt.subplots(len(heads), 1, figsize=(9.5, 5.4 * len(heads)), squeeze=False, layout="constrained")
    for ax, (name, columns) in zip(axes.flat, heads.items(), strict=True):
        cells, own = [], drawn[name]
        for reading in (k for k in MAIN if k in own.index.get_level_values("reading")):
            cells.append(dict(row=reading, column="pictures", image=photos[name]))
            cells += [dict(row=reading, column=fill(said, 12), image=own[reading, text]) for text, said in columns.items()]
        image_grid(pd.DataFrame(cells), row="row", column="column", ax=ax, pixels=PIXELS).tick_params(labelsize=12)
        ax.set_xlabel(labels[name])
    return figure


def trap(moved: pd.DataFrame) -> Figure:
    """How far a context after the word moves the vector of the text, read in both ways."""
    figure, ax = plt.subplots(figsize=(10, 3.4), layout="constrained")
    rows = unit_means(moved[moved["after"]], ["reading", "pooling"], ["moved"])
    if len(rows):
        sns.pointplot(rows, x="reading", y="moved", order=among(rows, READINGS), ax=ax, **TWO_WAYS)
        ax.legend(title="read at", fontsize=9, loc="upper left", bbox_to_anchor=(1, 1))
    ax.axhline(0, color="0.3", linewidth=1)
    ax.set(xlabel="", ylabel="1 − cosine to the plain sentence")
    return figure


def three_probes(slopes: pd.DataFrame, gaps: pd.DataFrame, third: pd.DataFrame) -> Figure:
    """Above, the order of the rungs read in both ways; below, the second and the third probe."""
    figure, axes = plt.subplots(2, 2, figsize=(11, 8), layout="constrained")
    rungs = slopes[list(RUNG_SAID)].sub(slopes[list(RUNG_SAID)].mean(axis=1), axis=0).rename(columns=RUNG_SAID)
    place = ["concept", "seed", "reading", "pooling"]
    level = slopes[place].join(rungs).melt(place, var_name="rung", value_name="cosine")
    rows, kinds = unit_means(level, ["reading", "pooling", "rung"], ["cosine"]), among(level, MAIN)
    for ax, (pooling, said) in zip(axes[0], POOLED.items(), strict=True):
        if len(rows):
            how = dict(hue="reading", hue_order=kinds, order=list(RUNG_SAID.values()), legend=pooling == RIGHT)
            own = rows[rows["pooling"] == said]
            sns.pointplot(own, x="rung", y="cosine", capsize=0.06, linewidth=1.6, dodge=0.25, ax=ax, **how, **POINTS)
        ax.set(xlabel=f"read at: {said}", ylabel="cosine, less its mean")
    axes[0, 1].sharey(axes[0, 0])
    below = (gaps, "value", "cosine, word − description"), (third, "interaction", "interaction")
    for ax, (table, value, said) in zip(axes[1], below, strict=True):
        rows = unit_means(table, ["reading", "pooling"], [value])
        if len(rows):
            sns.pointplot(rows, y="reading", x=value, order=among(rows, READINGS), ax=ax, **TWO_WAYS)
            ax.legend(fontsize=8, title="read at")
        ax.axvline(0, color="0.3", linewidth=1)
        ax.set(ylabel="", xlabel=said)
    return figure


def contexts(scores: pd.DataFrame, order: Sequence[str], panels: dict[str, str]) -> Figure:
    """A panel an outcome (column -> how it is called), a row a context; one that nobody could tell stays empty."""
    figure, axes = plt.subplots(
        1, len(panels), figsize=(12, 0.62 * len(order) + 1.4), sharey=True, layout="constrained"
    )
    rows, kinds = unit_means(scores, ["context", "reading"], list(panels)), among(scores, MAIN)
    for ax, (value, said) in zip(axes, panels.items(), strict=True):
        if (known := rows.dropna(subset=[value])).size:
            how = dict(hue="reading", hue_order=kinds, order=order, linestyle="none", dodge=0.5, legend=ax is axes[-1])
            sns.pointplot(known, y="context", x=value, ax=ax, **how, **POINTS)
        ax.set(ylabel="", xlabel=said)
    if axes[-1].get_legend():
        sns.move_legend(axes[-1], "upper left", bbox_to_anchor=(1, 1), fontsize=9, title="")
    return figure


def words(places: pd.DataFrame, ordinary: pd.DataFrame, norm: float) -> Figure:
    """Length, relative to `norm`, and cosine to the nearest word; dashed, the limits of what counts as outside."""
    figure, ax = plt.subplots(figsize=(6.6, 4.2), layout="constrained")
    ax.scatter(ordinary["norm"] / norm, ordinary["cosine"], s=9, color="0.75", label="ordinary words")
    how = dict(hue="reading", style="reading", palette=PALETTE, s=55, ax=ax)
    sns.scatterplot(places.assign(norm=places["norm"] / norm), x="norm", y="cosine", **how)
    for edge in ordinary["norm"].quantile([0.025, 0.975]) / norm:
        ax.axvline(edge, color="0.4", linestyle="--", linewidth=1)
    ax.axhline(ordinary["cosine"].quantile(0.025), color="0.4", linestyle="--", linewidth=1)
    ax.set(xlabel="length / vocabulary median", ylabel="cosine to the nearest word")
    ax.legend(fontsize=9, loc="upper left", bbox_to_anchor=(1, 1))
    return figure
