"""The figures of the page on attributes: the word step by step, what has been recovered of it, and what leaked."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from study.analysis.what_it_learns import GROUPS, TI, WORD
from study.figures import image_grid, step_curves
from study.panels import PIXELS, nothing_there, shared_legend
from study.scores import some_of
from study.wording import percent

WHY = "nothing to read here:\nno oracle knows these concepts"
SOURCES = ("class word", "varied", "one backdrop", "one backdrop, KL")  # of `leaks`
MOST = 9  # steps in a row of pictures


def step_by_step(shown: pd.DataFrame, photos: Mapping[str, Image.Image], labels: Mapping[str, str]) -> Figure:
    """A row a concept: one of its photos, then its word's picture after more and more steps.

    shown: concept, step, image; photos and labels: by concept.
    """
    cells = [dict(concept=name, column="pictures", image=photo) for name, photo in photos.items()]
    later = shown[shown["step"].isin(some_of(sorted(shown["step"].unique()), MOST))]
    cells += later[["concept", "step", "image"]].rename(columns=dict(step="column")).to_dict("records")
    how = dict(row="concept", column="column", row_labels=dict(labels), pixels=PIXELS)
    return image_grid(pd.DataFrame(cells), **how).figure


def recovery(groups: pd.DataFrame) -> Figure:
    """Recovery by training step, a panel a method that was followed over steps; groups: from `by_group`."""
    known = groups[groups["recovery"].notna()]
    followed = known.groupby("method", sort=False)["step"].nunique()
    methods = list(followed[followed > 1].index)
    size = (3.8 * max(2, len(methods)), 3.5)
    figure, axes = plt.subplots(1, max(1, len(methods)), figsize=size, sharey=True, squeeze=False, layout="constrained")
    for ax, method in zip(axes[0], methods, strict=False):
        rows = known[known["method"] == method]
        step_curves(rows, "recovery", hue="group", hue_order=GROUPS, ax=ax, markersize=5).get_legend().remove()
        ax.axhline(1, color="0.3", linestyle="--", linewidth=1)
        ax.axhline(0, color="0.3", linewidth=1)
        ax.set(xlabel=f"training step\n{method}", ylabel="recovery")
    if methods:
        shared_legend(figure, axes[0, 0])
    else:
        nothing_there(axes[0, 0], WHY)
    return figure


def by_concept(groups: pd.DataFrame, methods: Sequence[str], labels: Mapping[str, str]) -> Figure:
    """Recovery at the last step in coloured cells: a row a concept, a column a group, a panel a method."""
    size = (3.6 * len(methods), 0.4 * len(labels) + 1.4)
    figure, axes = plt.subplots(1, len(methods), figsize=size, sharey=True, squeeze=False, layout="constrained")
    for ax, method in zip(axes[0], methods, strict=True):
        rows = groups[(groups["method"] == method) & (groups["step"] == groups["step"].max())]
        if rows.empty:
            nothing_there(ax, WHY)
            continue
        wide = rows.groupby(["concept", "group"])["recovery"].mean().unstack("group")
        wide = wide.reindex(list(labels), columns=list(GROUPS))
        ax.imshow(wide, cmap="cividis", vmin=0, vmax=1, aspect="auto")
        for (i, j), value in np.ndenumerate(wide.to_numpy()):
            colour = "black" if value > 0.6 else "white"
            ax.text(j, i, percent(value, ""), ha="center", va="center", fontsize=8, color=colour)
        ax.set_xticks(range(len(GROUPS)), GROUPS)
        ax.set_yticks(range(len(labels)), labels.values())
        ax.grid(False)
        ax.set_xlabel(method)
    return figure


def together_and_leaked(joint: pd.DataFrame, leaks: pd.DataFrame, backdrop: str) -> Figure:
    """Left, all attributes at once beside the product of their shares, by step; right, pictures in the one backdrop."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10.5, 3.7), layout="constrained")
    rows = joint[joint["method"] == TI].melt(list(WORD), var_name="what", value_name="share_of")
    if len(rows):
        said = dict(at_once="all at once", product="if each came by itself")
        step_curves(rows.replace(dict(what=said)), "share_of", hue="what", ax=left, markersize=4)
        left.legend(title=None)
        left.set(xlabel="training step", ylabel="share of pictures")
    else:
        nothing_there(left, WHY)
    if len(leaks):
        leaked(right, leaks).set(ylabel=f"pictures read as {backdrop}", ylim=(-0.03, 1.03))
    else:
        nothing_there(right, "none of these concepts\ncan be drawn again elsewhere" if len(rows) else WHY)
    return figure


def leaked(ax: Axes, leaks: pd.DataFrame) -> Axes:
    """The share of pictures in the one backdrop, by what drew them: a dot a concept, black the mean."""
    for x, source in enumerate(SOURCES):
        each = leaks[leaks["source"] == source].groupby("concept")["scene"].mean()
        ax.plot([x + 0.1] * len(each), each, "o", color="C0", alpha=0.5, markersize=5)
        ax.plot(x, each.mean(), "s", color="black", markersize=7)
    ax.set_xticks(range(len(SOURCES)), [source.replace(" ", "\n", 1) for source in SOURCES])
    return ax
