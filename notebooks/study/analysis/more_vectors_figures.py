"""The figures of the page on longer words: what words of each length draw, and the outcomes by length."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure
from PIL import Image

from study.figures import image_grid, step_curves
from study.panels import PIXELS, nothing_there
from study.truth import NO_ORACLE

CURVES = (
    ("share of pictures", {"K": "K", "C": "C", "B": "B"}),
    ("share of the anchors’ span", {"R": "reconstruction", "E": "editability"}),
)


def drawn(
    pictures: pd.DataFrame,  # a row a picture: concept, prompt, vectors, image
    photos: Mapping[str, Image.Image],  # concept -> one of its pictures
    prompts: Mapping[str, Sequence[str]],  # concept -> the plain prompt, then one with a context if there is any
    labels: Mapping[str, str],  # concept -> how it is written
    said: Mapping[str, str],  # concept -> the context, in words
) -> Figure:
    """Left a picture of each concept and what words of each length draw of it; right the same in a context."""
    many, names = pictures["vectors"].nunique(), list(photos)
    size = (1.05 * (2 * many + 1) + 2.6, 1.05 * len(names) + 0.5)
    figure, (left, right) = plt.subplots(1, 2, figsize=size, width_ratios=[many + 1, many], layout="constrained")
    own = pd.DataFrame([dict(concept=name, vectors=0, image=image) for name, image in photos.items()])
    for ax, which, beside, rows in ((left, 0, [own], labels), (right, 1, [], said)):
        prompt = {name: texts[min(which, len(texts) - 1)] for name, texts in prompts.items()}
        there = pictures[pictures["prompt"] == pictures["concept"].map(prompt)]
        cells = pd.concat([*beside, there[["concept", "vectors", "image"]]])
        how = dict(row_labels=rows, column_labels={0: "pictures"}, pixels=PIXELS)
        image_grid(cells, row="concept", column="vectors", ax=ax, **how)
    right.yaxis.tick_right()
    right.tick_params(axis="y", length=0)
    return figure


def by_length(summary: pd.DataFrame, lengths: Sequence[int]) -> Figure:
    """The oracle's shares and CLIP's scores against the number of vectors; no line through two lengths alone."""
    figure, axes = plt.subplots(1, 2, figsize=(10.5, 3.8), layout="constrained")
    few = dict(linestyle="", err_style="bars") if len(lengths) < 3 else {}
    for ax, (said, values) in zip(axes, CURVES, strict=True):
        known = {value: summary.dropna(subset=[value]) for value in values}
        if all(rows.empty for rows in known.values()):
            nothing_there(ax, NO_ORACLE if "K" in values else "Nothing could be put on the anchors’ scale.")
            continue
        for value, rows in known.items():
            if len(rows):
                units = "concept" if rows["concept"].nunique() > 1 else "seed"
                step_curves(rows, value, x="vectors", units=units, ax=ax, label=values[value], **few)
        ax.set_xscale("log", base=2)
        ax.set_xticks(lengths, [f"{n}" for n in lengths])
        ax.set(xlabel="vectors", ylabel=said)
    return figure
