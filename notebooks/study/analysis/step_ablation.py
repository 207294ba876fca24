"""How long to train: both outcomes by step, the step at which studies like this peak, what it decides.

Best is, with an oracle, the largest share B of pictures with concept and context; without, the balance of CLIP's scores.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from study.scores import on_the_anchors_scale
from study.truth import SMALLEST_SHARE
from study.wording import by_side, in_words, verdict, verdict_of_all
from textinv_core.evaluation.stats import Interval, paired_interval

REPETITIONS = 2000  # studies resampled


class Peak(NamedTuple):
    """Where the outcome is best, and where it is in resampled studies."""

    interval: Interval  # a step; its bounds are steps that were looked at
    shares: dict[int, float]  # step -> share of resampled studies that peak there


class Outcome(NamedTuple):
    """What decides where the best lies."""

    table: pd.DataFrame  # concept, seed, step, and the column `value`
    value: str
    of: str  # in words


def outcome_of(summary: pd.DataFrame, scaled: pd.DataFrame, *, oracle: bool) -> Outcome:
    """The oracle's B; without an oracle the balance of CLIP's scores, `scaled` by `balanced`."""
    if oracle:
        return Outcome(summary, "B", "the share of pictures with concept and context")
    return Outcome(scaled, "balance", "the balance of likeness and obedience")


def balanced(summary: pd.DataFrame, anchors: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """`summary` with `R`, `E` and `balance`, the geometric mean of both; and how many concepts have them.

    Concepts whose anchors do not bracket the scores are left out, unless that leaves none.
    """
    scaled = on_the_anchors_scale(summary, anchors)
    scaled["balance"] = np.sqrt(scaled["R"].clip(0) * scaled["E"].clip(0))
    usable = scaled.dropna(subset=["R"])["concept"].nunique()
    return scaled.dropna(subset=["R"]) if usable else scaled, usable


def peak_of(table: pd.DataFrame, value: str) -> Peak | None:
    """The step of the best mean `value`; concepts are drawn anew, then the training seeds within each."""
    table = table.dropna(subset=[value])
    if table.empty:
        return None
    curves = table.pivot_table(index=["concept", "seed"], columns="step", values=value)
    units = [rows.to_numpy() for _, rows in curves.groupby(level="concept")]
    rng, best = np.random.default_rng(0), []
    for _ in range(REPETITIONS):
        drawn = [units[i] for i in rng.integers(len(units), size=len(units))]
        mean = np.mean([rows[rng.integers(len(rows), size=len(rows))].mean(0) for rows in drawn], axis=0)
        best.append(curves.columns[int(mean.argmax())])
    means = by_step(table, value)
    low, high = (int(x) for x in np.quantile(best, [0.025, 0.975], method="nearest"))
    n = {"concept": len(units), "seed": len(curves)}
    found = Interval(int(means.idxmax()), low, high, n)
    return Peak(found, {int(step): best.count(step) / len(best) for step in sorted({*best})})


def by_step(table: pd.DataFrame, value: str) -> pd.Series:
    """Step -> the mean over concepts of the mean over seeds."""
    return table.groupby(["concept", "step"])[value].mean().groupby("step").mean()


def plateau(table: pd.DataFrame, value: str, smallest: float) -> tuple[int, int] | None:
    """From which step to which the mean stays within the smallest effect of interest of the best, around it."""
    means = by_step(table.dropna(subset=[value]), value)
    if means.empty:
        return None
    near, best = means >= means.max() - smallest, means.index.get_loc(means.idxmax())
    first = next((i for i in range(best, -1, -1) if not near.iloc[i]), -1) + 1
    last = next((i for i in range(best, len(near)) if not near.iloc[i]), len(near)) - 1
    return int(means.index[first]), int(means.index[last])


def share_within(peak: Peak | None, lowest: float, highest: float) -> float:
    """The share of resampled studies that peak in a range of steps."""
    return sum(share for step, share in peak.shares.items() if lowest <= step <= highest) if peak else float("nan")


def against_outside(table: pd.DataFrame, value: str, lowest: int, highest: int) -> dict[str, Interval]:
    """The mean `value` within a range of steps minus that just before it, and minus that after it.

    Just before is from half its start on. Steps are averaged within concept and seed, which pair the differences.
    """
    edges = [0, lowest / 2, lowest, highest + 1, np.inf]
    part = pd.cut(table["step"], edges, right=False, labels=["early", "before", "within", "after"], ordered=False)
    means = table.assign(part=part.astype(str)).groupby(["concept", "seed", "part"])[value].mean().reset_index()
    paired = dict(arm="part", new="within", pair=("concept", "seed"))
    return {where: paired_interval(means, value, base=where, **paired) for where in ("before", "after")}


def sides_decided(gains: Mapping[str, Interval]) -> dict[str, str]:
    """The verdict on each side of the range: that it is worse there."""
    return {where: verdict(gain, smallest=SMALLEST_SHARE) for where, gain in gains.items()}


def answer(peak: Peak | None, gains: Mapping[str, Interval], lowest: int, highest: int, of: str) -> tuple[str, str]:
    """The verdict on "the best results lie between these steps", from `against_outside`, and why.

    of: what is best there, in words. It takes both: more than just before, and more than after. A run that ends within
    the range decides nothing.
    """
    if not peak:
        return "undecided", f"no concept’s pictures allow {of} to be told"
    best, low, high, _, _ = peak.interval
    found = f"{of} is best at step {best} (95 % interval {low} to {high})"
    where = f"the poster’s {lowest} to {highest}"
    if not all(gain.n for gain in gains.values()):
        return "undecided", f"{found}, but this run does not reach to both sides of {where}"
    said = verdict_of_all(sides_decided(gains).values())
    before, after = (in_words(gains[side]) for side in ("before", "after"))
    return said, f"{found}; within {where} it is higher than just before by {before}, and than after by {after}"


def changes(summary: pd.DataFrame, values: Sequence[str]) -> dict[str, str]:
    """What became of each value from the initializer to the last step, in words."""
    paired = dict(arm="step", new=summary["step"].max(), base=0, pair=("concept", "seed"))
    found = {value: paired_interval(summary, value, **paired) for value in values}
    moved = {k: by_side(c, "rose", "fell", "did not clearly change") for k, c in found.items()}
    return {k: f"{moved[k]} ({in_words(c)})" if c.n else "cannot be told" for k, c in found.items()}
