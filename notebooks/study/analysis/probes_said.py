"""The probes in words and in tables: the trap, the contrasts, the learned rows among the words, the page's answer."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from study.analysis.probes import CLASS, CONTEXT, KL, NAIVE, RANDOM, READINGS, RIGHT, TRAP, TRUE, interval
from study.wording import percent, verdict
from textinv_core.evaluation.stats import UNKNOWN, Interval

# What is compared in pictures, by the outcome that judges; and what the text encoder's configuration does about pooling.
MEASURES = {
    "context_seen": "the share of pictures in which the context is found",
    "differs": "how far a picture differs from the plain one",
}
CONFIG = {
    True: "This text encoder’s own configuration has the old convention: code that trusts it falls into the trap.",
    False: "This text encoder’s own configuration does not have the old convention: the trap is computed on purpose.",
}
ROUNDING = 1e-4  # up to which two vectors are one: a sum taken in another order
ORACLE = {
    True: "The oracle tells the first two.",
    False: "There is no oracle for this model: only the last is told, by the judge’s CLIP.",
}
CLAIMED = {  # probe -> the note's words
    "1": "own image before look-alike before another person before backpack",
    "2": "the learned word fits its own image better than a description does",
    "3": "each text, plain and doing ballet, goes with its image",
    CONTEXT: "a photo of the learned word doing ballet loses context",
}
OUTSIDE = (
    "share of learned rows beyond 95 % of ordinary words in length, or lonelier than all but 2.5 %; control: true name"
)


def clip_said(about: str, known: bool) -> str:
    """Which CLIP the probes are put to, or why to none."""
    if known:
        return f"They are put to the CLIP whose text half the word was learned in: {about}."
    return f"Left out here: {about}. What follows of the probes is empty."


def contrasts_said(table: pd.DataFrame) -> dict[str, str]:
    """`verdict_1_naive`, `told_1_naive` and so on: what a page glues of its contrasts."""
    kinds = {"verdict": "verdict", "told": "said"}
    return {f"{key}_{p}_{k.lower()}": table.at[(p, k), of] for p, k in table.index for key, of in kinds.items()}


def contrast_table(table: pd.DataFrame):
    """The primary contrasts as a page shows them."""
    shown = table.reset_index(drop=False).assign(what=lambda t: t["measured"] + ", " + t["reading"])
    columns = ["what", "estimate", "low", "high", CLASS, RANDOM, "concepts", "p_holm", "verdict"]
    shown = shown[columns].set_index("what").rename_axis(index=None)
    shown = shown.rename(columns={"estimate": "here", "low": "95 % from", "high": "to", "p_holm": "p, Holm"})
    form = dict.fromkeys(("here", "95 % from", "to", CLASS, RANDOM), "{:+z.3f}") | {"p, Holm": "{:.3f}"}
    return shown.style.format(form, na_rep="–")


def place_among(ordinary: pd.DataFrame, norm: float, cosine: float) -> dict[str, float | bool]:
    """Shares of ordinary words that are shorter, and that are lonelier; `outside`: beyond 95 % of them in either."""
    shorter = float((ordinary["norm"] < norm).mean())
    lonelier = float((ordinary["cosine"] < cosine).mean())
    return dict(shorter=shorter, lonelier=lonelier, outside=not 0.025 <= shorter <= 0.975 or lonelier < 0.025)


def outside_of(places: pd.DataFrame) -> tuple[str, dict[str, Interval]]:
    """The verdict on "the naive word leaves the region of words" (more than half do), and the share for each reading.

    The control is the true name: a word that the model was taught may lie there as well.
    """
    rows = places.assign(value=places["outside"].astype(float))
    found = {reading: interval(own) for reading, own in rows.groupby("reading", sort=False)}
    named = found.get(TRUE, UNKNOWN)
    return verdict(found[NAIVE], 0.5, control=named.estimate > 0.5), found


def trap_gap(moved: pd.DataFrame, learned: Sequence[str] = (NAIVE, KL)) -> float:
    """The largest change of any one number of a learned word's vector, read at the highest id, that a context makes."""
    rows = moved[moved["after"] & (moved["pooling"] == TRAP) & moved["reading"].isin(learned)]
    return float(rows["largest"].max())


def trap_said(gap: float) -> str:
    """What a context after a learned word does to its vector read at the highest id, in words."""
    if np.isnan(gap):
        return "cannot be compared here (a style’s context stands before the word)"
    if gap == 0:
        return "has the very same vector, number for number,"
    within = "the same vector to within rounding" if gap < ROUNDING else "another vector"
    return f"has {within} (largest difference {gap:.1g})"


def answer(said: str, shares: Mapping[str, float], context: str, by_oracle: bool, trapped: bool) -> str:
    """The page's answer in two sentences, from the verdict on "the naive word loses this context"."""
    counts = {
        "supported": "the sentence counts for less around the learned word",
        "not supported": "the sentence around the learned word still counts",
        "undecided": "whether the sentence around the learned word counts for less is undecided",
    }[said]
    if by_oracle:
        numbers = f"“{context}” is there in {100 * shares[NAIVE]:.0f} % of its pictures, with the class word in "
        numbers += f"{100 * shares[CLASS]:.0f} %"
    else:
        numbers = f"“{context}” changes its pictures by {shares[NAIVE]:.3f}, the class word’s by {shares[CLASS]:.3f}"
    trap = " A CLIP that is read at the word itself sees no context at all, whatever the word: that is a trap."
    return f"{counts}: {numbers}.{trap if trapped else ''}"


def means_by_context(table: pd.DataFrame, value: str, readings: Sequence[str] = READINGS) -> pd.DataFrame:
    """Context by reading: the mean over concepts of `value`, texts read at their end."""
    own = table[table["pooling"] == RIGHT] if len(table) else table
    if own.empty:
        return pd.DataFrame(columns=list(readings))
    of_concept = own.groupby(["context", "reading", "concept"], sort=False)[value].mean()
    wide = of_concept.groupby(["context", "reading"], sort=False).mean().unstack("reading")
    there = [reading for reading in readings if reading in wide]
    return wide.reindex(dict.fromkeys(own["context"]))[there].rename_axis(index=None, columns=None)


def outside_said(found: Interval) -> str:
    """The share of rows that lie outside, in words."""
    bounds = f", 95 % interval {percent(found.low)} to {percent(found.high)}" if found.low < found.high else ""
    return f"{percent(found.estimate, 'none to tell by')}{bounds}"


def contexts_said(each: pd.DataFrame, reading: str) -> str:
    """In which contexts a reading loses, does not lose, or leaves open whether it does, in words."""
    rows = each[each["reading"] == reading]
    told = {"supported": "loses", "not supported": "does not lose", "undecided": "leaves open"}
    parts = []
    for found, verb in told.items():
        names = [f"“{name}”" for name in rows.loc[rows["lost"] == found, "context"]]
        parts += [f"{verb} {', '.join(names)}"] * bool(names)
    return "; ".join(parts) or "was not asked"


def kept_said(table: pd.DataFrame, context: str) -> str:
    """Of `by_context`: whether the concept is still there once a context is asked for, in words."""
    rates = table.set_index(["context", "reading"])["concept_seen"]
    told = [
        f"{reading} {percent(rates[context, reading])} (plain prompt {percent(rates['plain', reading])})"
        for reading in (NAIVE, KL, TRUE)
        if (context, reading) in rates and rates[[(context, reading)]].notna().all()
    ]
    return f"The concept is still there in “{context}”: {', '.join(told)}." if told else ""
