"""The figures of the page on costs: how fast words are learned together, and whether both loops learn as well."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from study.analysis.what_it_costs import CALLED, OURS, PUBLISHED, typical

PARTS = {"network": "denoising network", "both": "with the text encoder"}


def rates(table: pd.DataFrame, best: str) -> Figure:
    """Left, steps per second and word by number of words, dashed the published loop; right, the networks' share.

    table: from `rates_of`; best: the loop whose shares are shown.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
    ours, published = table[table["loop"] != PUBLISHED], typical(table[table["loop"] == PUBLISHED])["rate"].item()
    arms = sorted(ours["words"].unique())
    shares = ours[ours["loop"] == best].rename(columns=PARTS).melt("words", list(PARTS.values()), "of", "share")
    for ax, data, value, hue in ((left, ours, "rate", "loop"), (right, shares, "share", "of")):
        sns.lineplot(data, x="words", y=value, hue=hue, estimator="median", errorbar=None, marker="o", ax=ax)
        ax.plot(data["words"], data[value], "o", color="0.5", markersize=3, zorder=0)
        ax.set_xscale("log", base=2)
        ax.set_xticks(arms, arms)
    left.axhline(published, color="0.3", linestyle="--", label="published loop")
    left.set(xlabel="words learned together", ylabel="steps per second and word", ylim=(0, None))
    highest = max(1.1, 1.05 * shares["share"].max())
    right.set(xlabel="words learned together", ylabel="share of a step", ylim=(0, highest))
    for ax in (left, right):
        ax.legend(title=None)
    return figure


def equal_work(quality: pd.DataFrame, decides: str, labels: Mapping[str, str]) -> Figure:
    """The published loop's outcome against ours, a point a concept and seed: what decides, and likeness by CLIP."""
    panels = list(dict.fromkeys((decides, "reconstruction")))
    size = (4.5 * len(panels) + 1, 4)
    figure, axes = plt.subplots(1, len(panels), figsize=size, layout="constrained", squeeze=False)
    for ax, value in zip(axes.flat, panels, strict=True):
        wide = quality.pivot(index=["concept", "seed"], columns="loop", values=value).reset_index()
        wide = wide.replace({"concept": dict(labels)})
        sns.scatterplot(wide, x=PUBLISHED, y=OURS, hue="concept", ax=ax, legend=value == panels[-1])
        limits = np.array([quality[value].min() - 0.05, quality[value].max() + 0.05])
        ax.plot(limits, limits, color="0.5", linewidth=1, zorder=0)
        ax.set(xlabel="published loop", ylabel=f"ours: {CALLED[value]}", xlim=limits, ylim=limits, aspect="equal")
    sns.move_legend(axes.flat[-1], "upper left", bbox_to_anchor=(1, 1))
    return figure
