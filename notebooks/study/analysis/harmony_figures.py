"""The figures of the page on ranking: batches and cases as pictures; order, picks and agreement as dots and curves."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from study.analysis.harmony import NEW, RANDOM, SCORES, SIZES, TRAPS, Enough
from study.analysis.harmony_pictures import PICKED
from study.analysis.harmony_told import rows_called
from study.figures import image_grid
from study.panels import PIXELS, bars, nothing_there, shared_legend

GAP = PIXELS + 3  # from one small picture to the next


def batch(ranked: pd.DataFrame, by: str, across: int = 8) -> Figure:
    """A batch, best first: above each picture its rank and score, a tick where the oracle accepts it.

    ranked: a row a picture, in order: image, rank, the score `by`, both_seen.
    """
    across = min(across, len(ranked))
    lines = [ranked.iloc[start : start + across] for start in range(0, len(ranked), across)]
    size = (1.25 * across, 1.5 * len(lines))
    figure, axes = plt.subplots(len(lines), 1, figsize=size, squeeze=False, layout="constrained")
    for line, ax in zip(lines, axes.flat, strict=True):
        cells = line.assign(row="", place=range(len(line)))
        above = [f"{r['rank']}: {r[by]:.2f}{' ✓' if r['both_seen'] == 1 else ''}" for _, r in line.iterrows()]
        labels = dict(enumerate(above))
        image_grid(cells, row="row", column="place", column_labels=labels, ax=ax, pixels=PIXELS).tick_params(
            labelsize=8
        )
        ax.set_xlim(-0.5, GAP * across)
    return figure


def cases(first: pd.DataFrame, labels: Mapping[str, str]) -> Figure:
    """One picture of each set, a row a concept, which is written with what was asked for."""
    if first.empty:
        figure, ax = plt.subplots(figsize=(6, 1), layout="constrained")
        nothing_there(ax, "Of these concepts no picture can be drawn to order.")
        return figure
    asked = {row.concept: f"{labels[row.concept]}\n{row.phrase}" for row in first.itertuples()}
    grid = image_grid(first, row="concept", column="set", row_labels=asked, pixels=PIXELS)
    grid.tick_params(labelsize=8)
    return grid.figure


def in_order(shares: Mapping[str, pd.DataFrame]) -> Figure:
    """A panel for the known order and one for each trap; the new scores in blue, the others in grey."""
    shares = {value: rows.dropna(subset=["estimate"]) for value, rows in shares.items()}
    figure, axes = plt.subplots(1, len(shares), figsize=(11.5, 3.4), sharey=True, layout="constrained")
    for ax, (value, rows) in zip(axes, shares.items(), strict=True):
        if rows.empty:  # a style alone: none of its pictures are drawn to order
            ax.text(0.5, 0.5, "no such pictures", ha="center", va="center", transform=ax.transAxes)
            continue
        named = [SCORES[s] for s in rows["score"]]
        colours = ["C0" if s in NEW else "0.45" for s in rows["score"]]
        ax.errorbar(rows["estimate"], named, xerr=bars(rows), linestyle="", color="0.5", zorder=1)
        ax.scatter(rows["estimate"], named, color=colours, zorder=2)
        ax.axvline(0.5, color="0.5", linewidth=1, zorder=0)
        ax.set(xlabel="right above wrong" if value == "auc" else f"above {TRAPS[value]}", xlim=(-0.05, 1.05))
    if any(map(len, shares.values())):
        axes[0].invert_yaxis()
    return figure


def picks(cells: pd.DataFrame, heads: Mapping[str, str]) -> Figure:
    """What each score puts first, a row a score and a column a concept; ticks: what the oracle sees of the two."""
    grid = image_grid(cells, row="score", column="concept", row_labels=SCORES, column_labels=dict(heads), pixels=PIXELS)
    grid.tick_params(labelsize=7)
    names = list(dict.fromkeys(cells["concept"]))
    for cell in cells[cells["ticks"] > 0].itertuples():
        place = (GAP * names.index(cell.concept) + 4, GAP * (PICKED.index(cell.score) + 1) - 12)
        grid.text(*place, "✓" * cell.ticks, fontsize=8, bbox=dict(facecolor="white", linewidth=0, pad=1))
    return grid.figure


def best_of_n(picked: pd.DataFrame, contrasts: pd.DataFrame, there: Enough) -> Figure:
    """Left, the accepted share of picks by N; right, the new scores minus what each must beat."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10.5, 3.8), layout="constrained")
    for s, rows in picked.groupby("score") if there.enough else ():
        look = dict(linewidth=2.5) if s in NEW else dict(linestyle=":" if s == RANDOM else "--", linewidth=1.2)
        mean = rows.groupby("N")["accepted"].mean()
        left.plot(mean.index, mean, marker="o", markersize=3, label=SCORES.get(s, "random pick"), **look)
    if there.enough:
        left.set(xlabel="N", ylabel="share of picks: accepted", xscale="log")
        left.set_xticks(SIZES, [f"{n}" for n in SIZES])
        left.minorticks_off()
        left.legend(fontsize=7)
    else:
        nothing_there(left, there.told)
    _differences(right, contrasts)
    return figure


def _differences(ax: Axes, contrasts: pd.DataFrame) -> None:
    """The new scores minus each rival around zero: hollow for pictures of known order, filled for picks."""
    named = []
    for i, (new, rows) in enumerate(contrasts.rename(columns={"difference": "estimate"}).groupby("score", sort=False)):
        middle, fill = np.arange(len(rows)) + 0.3 * i, ["white" if m == "auc" else f"C{i}" for m in rows["measure"]]
        ax.errorbar(rows["estimate"], middle, xerr=bars(rows), linestyle="", color=f"C{i}", label=new, zorder=1)
        ax.scatter(rows["estimate"], middle, c=fill, edgecolor=f"C{i}", zorder=2)
        named = rows_called(rows)
    ax.set(yticks=range(len(named)), yticklabels=named, ylim=(len(named), -0.7), xlabel="difference")
    ax.axvline(0, color="0.5", linewidth=1, zorder=0)
    ax.legend(fontsize=8)


def agreement(truth: pd.DataFrame, probable: pd.DataFrame) -> Figure:
    """Left, how often each score puts accepted pictures above others; right, whether a probability is what it says."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.6), layout="constrained")
    if truth["estimate"].notna().any():
        left.errorbar(
            truth["estimate"], [SCORES[s] for s in truth["score"]], xerr=bars(truth), linestyle="", marker="o"
        )
        left.axvline(0.5, color="0.5", linewidth=1, zorder=0)
        left.set(xlabel="accepted above others", xlim=(0, 1))
        left.invert_yaxis()
    else:
        nothing_there(left, "No batch holds accepted pictures beside others.")
    if probable.empty:
        nothing_there(right, "No tenth holds enough pictures that the oracle knows.")
        return figure
    right.plot([0, 1], [0, 1], color="0.6", linewidth=1)
    for reading, rows in probable.groupby("reading"):
        right.plot(rows["p"], rows["seen"], marker="o", label=reading)
    right.set(xlabel="probability, by CLIP", ylabel="share seen, by the oracle", xlim=(0, 1), ylim=(0, 1))
    shared_legend(figure, right, "outside right upper")
    return figure
