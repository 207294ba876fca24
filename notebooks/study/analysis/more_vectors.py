"""Words of several rows against the shortest: paired changes of every outcome, their table, and what they decide."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from study.scores import on_the_anchors_scale, summarised
from study.truth import SMALLEST_SHARE, outcomes
from study.wording import by_side, opposite, verdict, verdict_within
from textinv_core.evaluation.stats import Interval, holm, paired_interval

MEASURES = {"K": "concept kept (K)", "C": "context there (C)", "B": "both in one picture (B)"}
MEASURES |= {"R": "reconstruction, on the anchors’ scale", "E": "editability, on the anchors’ scale"}


def of_words(
    scores: pd.DataFrame,  # a row a picture of a word
    anchors: pd.DataFrame,  # a row a picture of the two anchors
    log: pd.DataFrame,
    plain: Mapping[str, str],  # concept -> its plain prompt
    steps: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The anchors' mean scores; and one row per word: its outcomes, how many rows it has and where they went."""
    at_end = log[log["step"] == steps].drop_duplicates("arm").set_index("arm")
    ends, words = summarised(anchors, plain), summarised(scores, plain)
    words = words.join(at_end[["seed", "vectors", "norm_ratio", "cos_initial"]], on="arm")
    summary = on_the_anchors_scale(words, ends.set_index(["arm", "concept"]))
    return ends, summary.merge(outcomes(scores, plain), on=["arm", "step", "concept"])


def moved_table(summary: pd.DataFrame):
    """How long the rows have become and how close they stayed to their start, by the number of vectors."""
    table = summary.groupby("vectors")[["norm_ratio", "cos_initial"]].mean()
    table.columns = ["length / vocabulary’s median", "cosine to the initializer"]
    return table.style.format("{:.2f}")


def judged_by(oracle: bool) -> tuple[str, str]:
    """The two primary outcomes, of likeness and of obedience: the oracle's shares, or CLIP's scores without one."""
    return ("K", "C") if oracle else ("R", "E")


def changes(table: pd.DataFrame, lengths: Sequence[int]) -> dict[tuple[int, str], Interval]:
    """(vectors, outcome) -> words so long minus the shortest, paired by concept and training seed."""
    how = dict(arm="vectors", base=lengths[0], pair=("concept", "seed"))
    return {(n, value): paired_interval(table, value, new=n, **how) for n in lengths[1:] for value in MEASURES}


def contrasts(
    table: pd.DataFrame,
    lengths: Sequence[int],
    primary: Sequence[str],
    found: Mapping[tuple[int, str], Interval],  # from `changes`
) -> pd.DataFrame:
    """One row per length and outcome: both means, their paired difference; Holm's p over the two primary ones."""
    rows, means = [], table.groupby(["vectors", "concept"])[list(MEASURES)].mean().groupby("vectors").mean()
    for (n, value), change in found.items():
        row = dict(vectors=n, value=value, measure=MEASURES[value], estimate=change.estimate, low=change.low)
        row |= dict(high=change.high, p=change.p, fewest=means.at[lengths[0], value], these=means.at[n, value])
        rows.append(row | dict(primary=n == lengths[-1] and value in primary))
    rows = pd.DataFrame(rows)
    rows.loc[rows["primary"], "p_holm"] = holm(rows.loc[rows["primary"], "p"].fillna(1))
    return rows


def contrast_table(rows: pd.DataFrame):
    """The changes as a page shows them, a column a length; outcomes that are not known are left out."""

    def said(row) -> str:
        if not np.isfinite(row.estimate):
            return "–"
        bounds = f" ({row.low:+z.2f} to {row.high:+z.2f})" if np.isfinite(row.low) else ""
        return f"{row.fewest:.2f} → {row.these:.2f}, {row.estimate:+z.2f}{bounds}"

    wide = rows.assign(cell=[said(row) for row in rows.itertuples()])
    wide = wide.pivot_table(index="measure", columns="vectors", values="cell", aggfunc="first", sort=False)
    return wide[(wide != "–").any(axis=1)].rename_axis(index=None, columns="vectors").style


def full_table(rows: pd.DataFrame):
    """Every change with both means, its interval and the corrected p of the primary ones, as the appendix shows it."""
    shown = rows.set_index(["measure", "vectors"])[["fewest", "these", "estimate", "low", "high", "p_holm"]]
    shown.columns = ["shortest word", "this length", "difference", "from", "to", "p, Holm"]
    formats = dict.fromkeys(["difference", "from", "to"], "{:+z.3f}")
    formats |= dict.fromkeys(["shortest word", "this length", "p, Holm"], "{:.3f}")
    return shown.rename_axis([None, "vectors"]).style.format(formats, na_rep="–")


def answer(found: Interval, p: float, falls: bool = False) -> tuple[str, str]:
    """The verdict on "a longer word has more of it" (or less, if it `falls`), and what became of it.

    A change can be sure and still, all of its interval, less than the smallest that matters: then it moved a little.
    """
    claimed = opposite(found) if falls else found
    small = " a little" if verdict_within(found, -SMALLEST_SHARE, SMALLEST_SHARE) == "supported" else ""
    moved = by_side(found, f"rises{small}", f"falls{small}", "does not clearly change")
    return verdict(claimed, p=p, smallest=SMALLEST_SHARE), moved
