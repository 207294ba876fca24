"""How long to train: the balance of both scores by step, the step at which studies like this peak, what it decides."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from study.scores import EDITABILITY, on_the_anchors_scale
from study.wording import by_side, in_words, verdict_within
from textinv_core.evaluation.stats import Interval, paired_interval

REPETITIONS = 2000  # studies resampled


class Peak(NamedTuple):
    """Where the balance is best, and where it is in resampled studies."""

    interval: Interval  # a step; its bounds are steps that were looked at
    shares: dict[int, float]  # step -> share of resampled studies that peak there


def balanced(summary: pd.DataFrame, anchors: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """`summary` with `R`, `E` and `balance`, the geometric mean of both; and how many concepts have them.

    Concepts whose anchors do not bracket the scores are left out, unless that leaves none.
    """
    scaled = on_the_anchors_scale(summary, anchors)
    scaled["balance"] = np.sqrt(scaled["R"].clip(0) * scaled["E"].clip(0))
    usable = scaled.dropna(subset=["R"])["concept"].nunique()
    return scaled.dropna(subset=["R"]) if usable else scaled, usable


def peak_of(scaled: pd.DataFrame) -> Peak | None:
    """The step of the best mean balance; concepts are drawn anew, then the training seeds within each."""
    if scaled["balance"].isna().all():
        return None
    curves = scaled.pivot_table(index=["concept", "seed"], columns="step", values="balance", dropna=False)
    units = [rows.to_numpy() for _, rows in curves.groupby(level="concept")]
    rng, best = np.random.default_rng(0), []
    for _ in range(REPETITIONS):
        drawn = [units[i] for i in rng.integers(len(units), size=len(units))]
        mean = np.mean([rows[rng.integers(len(rows), size=len(rows))].mean(0) for rows in drawn], axis=0)
        best.append(curves.columns[int(mean.argmax())])
    balance = scaled.groupby(["concept", "step"])["balance"].mean().groupby("step").mean()
    low, high = (int(x) for x in np.quantile(best, [0.025, 0.975], method="nearest"))
    n = {"concept": len(units), "seed": len(curves)}
    found = Interval(int(balance.idxmax()), low, high, n)
    return Peak(found, {int(step): best.count(step) / len(best) for step in sorted({*best})})


def share_within(peak: Peak | None, lowest: float, highest: float) -> float:
    """The share of resampled studies that peak in a range of steps."""
    return sum(share for step, share in peak.shares.items() if lowest <= step <= highest) if peak else float("nan")


def answer(peak: Peak | None, last: int, lowest: int, highest: int) -> tuple[str, str]:
    """The verdict on "the best results lie between these steps", of a run that ends at step `last`, and why."""
    if not peak:
        return "undecided", "the anchors do not bracket the scores of any concept, so there is no balance to speak of"
    best, low, high, _, _ = peak.interval
    where = f"the poster’s {lowest} to {highest}"
    found = f"the balance of likeness and obedience is best at step {best} (95 % interval {low} to {high})"
    if last < highest:
        return "undecided", f"{found}, but this run ends at step {last}, before {where} does"
    said = verdict_within(peak.interval, lowest, highest, fewest={})
    lies = {"supported": "within", "not supported": "before" if high < lowest else "after"}
    return said, f"{found}, {lies.get(said, 'an interval neither within nor clear of')} {where}"


def changes(summary: pd.DataFrame) -> dict[str, str]:
    """What became of each score from the initializer to the last step, in words."""
    paired = dict(arm="step", new=summary["step"].max(), base=0, pair=("concept", "seed"))
    found = {value: paired_interval(summary, value, **paired) for value in ("reconstruction", EDITABILITY)}
    return {k: f"{by_side(c, 'rose', 'fell', 'did not clearly change')} ({in_words(c)})" for k, c in found.items()}


def ways(scaled: pd.DataFrame) -> pd.DataFrame:
    """Each concept's way through the plane of both scores: mean over seeds, a row a step."""
    return scaled.groupby(["concept", "step"], sort=False)[["R", "E"]].mean().reset_index()
