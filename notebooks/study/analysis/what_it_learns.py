"""What one word carries, attribute by attribute: how much of each has been recovered, and what leaked beside it."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from study.contrasts import Question
from study.truth import SMALLEST_SHARE
from study.wording import side
from textinv_core.evaluation.stats import Interval, paired_interval

TI, KL, DB = "SD + TI", "SD + TI + KL", "DreamBooth"
SMALLEST_SPAN = 0.1  # of the own drawings' share over the class word's: below it a ratio says nothing
GROUPS = ("family", "colours", "forms")
QUESTIONS = {
    "order": Question(
        "colours are recovered before forms",
        "mean recovery over training: colours minus forms, naive word",
        SMALLEST_SHARE,
    ),
    "kl": Question(
        "the KL term costs forms", "recovery of forms at the last step: KL minus naive", SMALLEST_SHARE, "less"
    ),
    "leak": Question(
        "the one backdrop of all pictures leaks into the word",
        "share of plain pictures in that backdrop: the word of one backdrop minus the class word",
        SMALLEST_SHARE,
    ),
}
WORD = ("method", "concept", "seed", "step")


def group_of(attribute: str) -> str:
    """`family`, `colours` or `forms`: what concepts of different families have in common."""
    return {"family": "family", "colour": "colours", "form": "forms"}[attribute.split()[0]]


def shares(pictures: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """One row per `by` and attribute: the share of pictures that have it.

    pictures: the columns `by` and one a column an attribute, 1.0, 0.0, or NaN where the concept has no such one.
    """
    by = list(by)
    attributes = [name for name in pictures if name.split()[0] in ("family", "form", "colour")]
    wide = pictures.groupby(by, sort=False)[attributes].mean()
    long = wide.rename_axis(columns="attribute").stack().dropna().rename("share").reset_index()
    return long.assign(group=long["attribute"].map(group_of))


def recovered(of_words: pd.DataFrame, of_class: pd.DataFrame, of_drawings: pd.DataFrame) -> pd.DataFrame:
    """`of_words` (shares) with `recovery`: (share - class word's) / (own drawings' - class word's).

    0 is what the class word shows anyway, 1 is what the concept's own drawings show. NaN where the class word shows
    nearly as much as the drawings do (SMALLEST_SPAN): a ratio over nearly nothing says nothing.
    """
    low, high = (table.set_index(["concept", "attribute"])["share"] for table in (of_class, of_drawings))
    where = pd.MultiIndex.from_frame(of_words[["concept", "attribute"]])
    floor, ceiling = (table.reindex(where).to_numpy() for table in (low, high))
    span = np.where(ceiling - floor >= SMALLEST_SPAN, ceiling - floor, np.nan)
    return of_words.assign(class_word=floor, drawings=ceiling, recovery=(of_words["share"] - floor) / span)


def by_group(table: pd.DataFrame) -> pd.DataFrame:
    """One row per word, step and group: the mean recovery over the attributes that have one."""
    return table.groupby([*WORD, "group"], sort=False)["recovery"].mean().reset_index()


def together(pictures: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """One row per `by`: the product of the attributes' shares, and the share of pictures that have all at once."""
    attributes = [name for name in pictures if name.split()[0] in ("family", "form", "colour")]
    product = shares(pictures, by).groupby(list(by), sort=False)["share"].prod().rename("product")
    everything = (pictures[attributes].isna() | (pictures[attributes] == 1)).all(axis=1).astype(float)
    at_once = pictures[list(by)].assign(at_once=everything).groupby(list(by), sort=False)["at_once"].mean()
    return pd.concat([product, at_once], axis=1).reset_index()


def recovery_of(pictures: pd.DataFrame, of_class: pd.DataFrame, own: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Of the words' pictures: every attribute's recovery, and `together`; empty tables where nothing could be read.

    pictures: attributes by `WORD`; of_class and own: those of the class word's pictures and of the concepts' drawings.
    """
    if pictures.empty:
        rates = pd.DataFrame(columns=[*WORD, "attribute", "share", "group", "recovery"])
        return rates, pd.DataFrame(columns=[*WORD, "product", "at_once"])
    low, high = (shares(table, ["concept"]) for table in (of_class, own))
    return recovered(shares(pictures, WORD), low, high), together(pictures, WORD)


def half_way(groups: pd.DataFrame, method: str) -> dict[str, float]:
    """Group -> the first step at which the mean over concepts has recovered half of what it ends with; NaN if never."""
    own = groups[groups["method"] == method]
    found = {}
    for group, rows in own.groupby("group", sort=False):
        curve = rows.groupby(["concept", "step"])["recovery"].mean().groupby("step").mean().sort_index().dropna()
        reached = curve[curve >= curve.iloc[-1] / 2] if len(curve) and curve.iloc[-1] > SMALLEST_SPAN else curve[:0]
        found[group] = float(reached.index[0]) if len(reached) else float("nan")
    return found


def contrasts(groups: pd.DataFrame, leaks: pd.DataFrame) -> tuple[dict[str, Interval], dict[str, bool]]:
    """The three primary contrasts, and whether a control shows the same of each.

    groups: as of `by_group`; leaks: concept, seed, `source` (one backdrop, varied, class word), `scene` (a share). The
    leak's control is the word learned from varied backdrops, which has nothing to leak.
    """
    learned = groups[(groups["step"] > 0) & groups["recovery"].notna()]
    naive = learned[learned["method"] == TI]
    over_time = naive.groupby(["concept", "seed", "group"])["recovery"].mean().reset_index()
    ends = learned[(learned["group"] == "forms") & (learned["step"] == learned["step"].max())]
    leak = paired_interval(leaks, "scene", arm="source", new="one backdrop", base="class word", alternative="greater")
    control = paired_interval(leaks, "scene", arm="source", new="varied", base="class word")
    found = {
        "order": paired_interval(
            over_time, "recovery", arm="group", new="colours", base="forms", alternative="greater"
        ),
        "kl": paired_interval(ends, "recovery", arm="method", new=KL, base=TI, alternative="less"),
        "leak": leak,
    }
    return found, {"leak": side(control) == 1 and control.estimate >= leak.estimate - SMALLEST_SHARE}
