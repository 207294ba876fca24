"""The figures of the page on first words: what they draw, how far apart they end, which is better, what is left."""

from collections.abc import Mapping, Sequence
from itertools import product

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from PIL import Image

from study.analysis.initializer_ablation import MEASURES
from study.analysis.initializer_apart import CALLED, RIVALS
from study.figures import image_grid
from study.panels import PIXELS, bars, interval_rows, picture_frames, shared_legend

COMPARED = {
    "distance of pictures (1 − cosine)": ("words", "seeds"),
    "cosine of learned rows": ("cos_words", "cos_seeds"),
}
LEFT = {"travelled": "distance / vocabulary median", "cos_initial": "cosine to the first word"}
LEFT |= {"left": "reads as its first word"}

ByRole = Mapping[str, str]  # of a concept: role -> first word, or -> arm
Shown = Mapping[str, str]  # prompt, the plain one first -> how its column is called


def from_each_word(
    tiles: pd.Series,  # of one concept, by (arm, step, prompt, noise)
    arms: ByRole,
    words: ByRole,
    photos: Sequence[Image.Image],
    shown: Shown,
    steps: Sequence[int],
) -> Figure:
    """A row a first word: a training picture, the plain prompt by step, prompts with a context at the last."""
    plain, *contexts = shown
    cells = []
    for i, (role, word) in enumerate(words.items()):
        row = [("pictures", photos[i % len(photos)])]
        row += [(f"{step}", tiles[arms[role], step, plain, 0]) for step in steps]
        row += [(shown[text], tiles[arms[role], steps[-1], text, 0]) for text in contexts]
        cells += [dict(row=f"{word}\n({CALLED[role]})", column=column, image=image) for column, image in row]
    return image_grid(pd.DataFrame(cells), row="row", column="column", pixels=PIXELS).figure


def frames(
    tiles: Mapping[str, pd.Series],  # by concept
    arms: Mapping[str, ByRole],
    words: Mapping[str, ByRole],
    shown: Mapping[str, Shown],
    labels: Mapping[str, str],
    steps: Sequence[int],
) -> list[Figure]:
    """A frame a step, a panel a concept, a row a first word: the plain prompt and one with a context."""
    cells = []
    for step, name in product(steps, tiles):
        for (role, word), (text, said) in product(words[name].items(), list(shown[name].items())[:2]):
            image = tiles[name][arms[name][role], step, text, 0]
            cells.append(dict(frame=step, panel=labels[name], row=word, column=said, image=image))
    return picture_frames(cells, size=(3.2, 4.6), across=True)


def by_noise(tiles: pd.Series, rows: Mapping[str, str], step: int, prompt: str, noises: Sequence[int]) -> Figure:
    """A row an arm, by its label, a column a noise."""
    cells = [
        dict(row=said, column=f"noise {noise}", image=tiles[arm, step, prompt, noise])
        for (said, arm), noise in product(rows.items(), noises)
    ]
    return image_grid(pd.DataFrame(cells), row="row", column="column", pixels=PIXELS).figure


def apart(distances: pd.DataFrame) -> Figure:
    """How far two words are from each other, by what differs: pictures (left) and rows (right), before training and after."""
    first, last = distances["step"].min(), distances["step"].max()
    known = distances[(distances["measure"] == "words") & distances["estimate"].notna()]
    there = [role for role in RIVALS if (known["role"] == role).any()]
    figure, axes = plt.subplots(1, 2, figsize=(10.5, 0.5 * len(there) + 2), sharey=True, layout="constrained")
    for ax, (said, (between, same)) in zip(axes, COMPARED.items(), strict=True):
        for y, (role, measure) in enumerate([*((role, between) for role in there), (there[0], same)]):
            line = distances[(distances["role"] == role) & (distances["measure"] == measure)]
            begun, end = line[line["step"] == first], line[line["step"] == last]
            how = dict(color="0.3" if measure == same else "C0", marker="o", linestyle="none")
            labels = ("before training", "after training, with 95 % interval") if y == 0 else (None, None)
            ax.plot(begun["estimate"], [y], markerfacecolor="white", label=labels[0], **how)
            ax.errorbar(end["estimate"], [y], xerr=bars(end), capsize=3, label=labels[1], **how)
        ax.set_xlabel(said)
    named = [*(f"{CALLED[role]} v. own" for role in there), "another training seed"]
    axes[0].set(yticks=range(len(named)), yticklabels=named, ylim=(len(named) - 0.4, -0.6))
    shared_legend(figure, axes[0])
    return figure


def contrasts(
    table: pd.DataFrame,
    parts: Mapping[str, Sequence[Mapping[str, float]]],  # measure -> of each rival, concept -> its own difference
    labels: Mapping[str, str],
) -> Figure:
    """Each rival minus the own word: a panel a measure of `parts`, a line a rival, a dot a concept."""
    figure, axes = plt.subplots(1, len(parts), figsize=(3 * len(parts) + 2, 3.1), sharey=True, layout="constrained")
    for ax, (value, of_rivals) in zip(axes, parts.items(), strict=True):
        own = table[table["measure"] == value]
        interval_rows(ax, own, of_rivals, [CALLED[role] for role in own["role"]], labels)
        ax.axvline(0, color="0.5", linewidth=1)
        ax.locator_params(axis="x", nbins=5)
        ax.set_xlabel(MEASURES[value])
    shared_legend(figure, axes[0], "outside right upper")
    return figure


def what_is_left(log: pd.DataFrame, left: pd.DataFrame) -> Figure:
    """How far rows went, their cosine to where they began, and how their pictures read, by first word: means at the end."""
    figure, axes = plt.subplots(1, len(LEFT), figsize=(11, 3), sharey=True, layout="constrained")
    order = [CALLED[role] for role in CALLED if (log["role"] == role).any()]
    for ax, (value, said) in zip(axes, LEFT.items(), strict=True):
        table = (left if value == "left" else log).assign(start=lambda t: t["role"].map(CALLED))
        unit = "concept" if table["concept"].nunique() > 1 else "arm"
        means = table.groupby(["step", "start", unit], sort=False)[value].mean().reset_index()
        end = means[means["step"] == means["step"].max()]
        how = dict(order=order, errorbar=("ci", 95), seed=0, linestyle="none", capsize=0.1, color="C0")
        sns.pointplot(end, y="start", x=value, ax=ax, **how)
        ax.set(xlabel=said, ylabel="")
    begun = means[means["step"] == 0].groupby("start")[value].mean().reindex(order)  # of the last panel
    axes[-1].plot(begun, np.arange(len(order)), "o", color="C0", markerfacecolor="white", label="before training")
    axes[-1].axvline(0, color="0.5", linewidth=1)
    axes[-1].legend(fontsize=9)
    return figure
