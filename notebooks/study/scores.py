"""Scores of pictures put together: by word, by step, on the anchors' scale, and as the tables that pages show."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from textinv_core.evaluation.fronts import on_anchor_scale
from textinv_core.evaluation.metrics import summarise

EDITABILITY = "editability_deleted"  # the paper's reading: placeholder deleted
SCORES = {"reconstruction": "reconstruction", EDITABILITY: "editability"}
SETTING = ["concept", "method", "strength", "seed"]  # what tells words on a leash apart; `seed` is the training's
READINGS = {"deleted": "placeholder deleted", "class": "class word", "context": "context only"}


def summarised(scores: pd.DataFrame, plain: Mapping[str, str]) -> pd.DataFrame:
    """`summarise` of every concept's pictures, each with its own `plain` prompt."""
    parts = [summarise(rows, plain[name]) for name, rows in scores.groupby("concept", sort=False)]
    return pd.concat(parts, ignore_index=True)


def on_the_anchors_scale(summary: pd.DataFrame, anchors: pd.DataFrame) -> pd.DataFrame:
    """`summary` with `R` and `E`: zero and one where the anchors, by (arm, concept), have them."""
    bounds, names = anchors[["reconstruction", EDITABILITY]], list(dict.fromkeys(summary["concept"]))
    floor, ceiling = ({name: tuple(bounds.loc[arm, name]) for name in names} for arm in ("plain", "image_only"))
    return on_anchor_scale(summary, floor, ceiling, EDITABILITY)


def some_of(steps: Sequence[int], most: int) -> list[int]:
    """At most so many of the steps, evenly spread, the first and the last among them."""
    chosen = np.unique(np.linspace(0, len(steps) - 1, min(len(steps), most)).round().astype(int))
    return [steps[i] for i in chosen]


def dense_early(steps: int) -> list[int]:
    """Steps to look at: close together at first, where a word moves fastest, then evenly; up to `steps`."""
    early = [25, 50, 100, 200, 300, 400, 500, 750]
    marks = [*early, *range(1000, steps + 1, 500)]
    return [step for step in marks if step < steps] + [steps]


def score_columns(group: str = "{}") -> dict[str, tuple[str, str]]:
    """Every score of a summary and the two lines of its heading, a reading of editability named as `group` says."""
    columns = {"reconstruction": ("reconstruction", "seen"), "reconstruction_held_out": ("reconstruction", "held out")}
    for key, called in READINGS.items():
        columns |= {f"editability_{key}": (group.format(called), "mean")}
        columns |= {f"editability_{key}_of_mean": (group.format(called), "of mean")}
    return columns


def scores_by_step(summary: pd.DataFrame, anchors: pd.DataFrame) -> pd.DataFrame:
    """All scores, mean over concepts of the mean over seeds: two rows for the anchors, then one a step."""
    columns = score_columns()
    by_step = summary.groupby(["concept", "step"])[list(columns)].mean().groupby("step").mean()
    by_anchor = anchors.groupby("arm")[list(columns)].mean()
    table = pd.concat([by_anchor.rename({"image_only": "image-only", "plain": "prompt-only"}), by_step])
    table.columns = pd.MultiIndex.from_tuples(columns[column] for column in table)
    return table


def nearest_by_step(words: pd.DataFrame, steps: Sequence[int]) -> pd.DataFrame:
    """Concept by step: the nearest ordinary words (columns concept, step, word, cosine), cosines in brackets."""
    near = words[words["step"].isin(steps)]
    near = near.assign(said=near["word"] + near["cosine"].map(" ({:.2f})".format))
    return near.groupby(["concept", "step"], sort=False)["said"].agg(", ".join).unstack("step")


def against_every_seed(scores: pd.DataFrame, plain: str, others: Sequence[str], seeds: Sequence[int]) -> pd.DataFrame:
    """Rows of the `others` among methods, and the `plain` one's beside every training seed, as it has none itself."""
    own = scores[scores["method"] == plain].drop(columns="seed").merge(pd.DataFrame(dict(seed=seeds)), how="cross")
    return pd.concat([own, scores[scores["method"].isin(others)]], ignore_index=True)
