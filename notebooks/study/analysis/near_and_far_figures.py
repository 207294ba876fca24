"""The figures of the page on strangers: what is drawn side by side, and how much is kept, concept by concept."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from study.analysis.near_and_far import DB, FAR, NEAR, SD, TI
from study.panels import PIXELS, nothing_there
from study.stacks import stacked_grids
from study.wording import shown_name
from textinv_core.learning.concepts import Concept, load_images

PHOTO = "training picture"
COLOURS = {TI: "C1", DB: "C3"}


def tiles_of(concept: Concept, group: str, pictures: pd.DataFrame) -> list[dict]:
    """What `side_by_side` shows of a concept; pictures: of its plain prompt, by `method`, the first of each is taken."""
    first = pictures.drop_duplicates("method").set_index("method")["image"].to_dict()
    images = {PHOTO: load_images(concept.images[:1], PIXELS)[0]} | first
    place = dict(panel=group, column=shown_name(concept.name))
    return [place | dict(row=row, image=image) for row, image in images.items()]


def side_by_side(tiles: Sequence[dict]) -> Figure:
    """A column a concept: a training picture, the plain model, the learned word and DreamBooth; strangers below."""
    return stacked_grids(pd.DataFrame(tiles), (NEAR, FAR), (PHOTO, SD, TI, DB))


def rates(shares: pd.DataFrame, labels: Mapping[str, str]) -> Figure:
    """K of both methods, concept by concept, strangers below; and C against K, strangers as open dots.

    shares: as of `shares_of`; labels: concept -> how it is written, in the order to be shown.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(10.5, 0.26 * len(labels) + 2.6), layout="constrained")
    if shares["K"].isna().all():
        for ax in (left, right):
            nothing_there(ax, "no oracle reads these pictures:\nonly CLIP’s reading is there")
        return figure
    group = shares.drop_duplicates("concept").set_index("concept")["group"]
    order = [name for wanted in (NEAR, FAR) for name in labels if group[name] == wanted]
    of_concept, near = shares.groupby(["method", "concept"])[["K", "C"]].mean(), int((group == NEAR).sum())
    kept = {method: of_concept.loc[method].reindex(order) for method in COLOURS}
    left.hlines(range(len(order)), kept[TI]["K"], kept[DB]["K"], color="0.7")
    for method, colour in COLOURS.items():
        left.plot(kept[method]["K"], range(len(order)), "o", color=colour, label=method)
        for kind, own, fill in ((NEAR, kept[method][:near], colour), (FAR, kept[method][near:], "white")):
            if len(own):
                how = dict(color=colour, markerfacecolor=fill, label=f"{method}, {kind}")
                right.plot(own["K"], own["C"], "o", **how)
    left.set_yticks(range(len(order)), [labels[name] for name in order], fontsize=8)
    left.axhline(near - 0.5, color="0.4", linestyle=":")
    left.set(xlabel="K, concept kept", xlim=(-0.03, 1.03), ylim=(len(order) - 0.5, -0.5))
    left.legend(fontsize=8)
    right.set(xlabel="K, concept kept", ylabel="C, context there", xlim=(-0.05, 1.05), ylim=(-0.05, 1.05))
    right.legend(fontsize=8)
    return figure
