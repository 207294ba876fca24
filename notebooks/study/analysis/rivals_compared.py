"""The methods at their chosen settings: contrasts, one table, what cannot be told from the best, verdicts."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from study.analysis.rivals import at_chosen, at_equal_likeness, how_often_best, level_of
from study.methods import CLASS_WORD, NAIVE, TUNED
from study.truth import SMALLEST_SHARE
from study.wording import opposite, verdict, verdict_of_all
from textinv_core.evaluation.stats import UNKNOWN, Interval, holm, mean_interval, paired_interval


class Compared(NamedTuple):
    """What the page's figures, tables and sentences are made of."""

    chosen: pd.DataFrame  # the rows at each method's chosen setting
    table: pd.DataFrame  # a row per method, best B first
    level: float  # the K at which C is compared
    best: pd.Series  # method -> how often it comes out first
    against: pd.DataFrame  # a row per method: minus the naive word
    over_kl: pd.DataFrame  # minus the KL word
    control: Interval  # the class word minus the naive word
    near: list[str]  # what cannot be told from the best, the cheapest first
    verdicts: dict[str, str]


def compare(
    settings: pd.DataFrame,
    choice: pd.DataFrame,  # from `tuned`
    reported: Sequence[str],
    learned: Collection[str],  # the methods that are learned words
    seconds: Mapping[str, float],
    level: float = 0.0,  # zero: by rule
) -> Compared:
    """Everything at once, of the reporting concepts; the ceilings, no learned words, stand in the table alone."""
    chosen, level = at_chosen(settings, choice, reported), level_of(settings, reported, level)
    words = chosen[chosen["method"].isin(learned)]
    best = how_often_best(words)
    ours = settings[settings["method"].isin([CLASS_WORD, *learned])]
    table = in_one_table(chosen, choice, at_equal_likeness(ours, reported, level), best, seconds)
    against, over_kl = contrasts(words, NAIVE), contrasts(words, "kl")
    control = paired_interval(chosen, "B", arm="method", new=CLASS_WORD, base=NAIVE)
    near, verdicts = near_the_best(table[table.index.isin(learned)], words), answer(against, over_kl, control)
    return Compared(chosen, table, level, best, against, over_kl, control, near, verdicts)


def contrasts(chosen: pd.DataFrame, base: str) -> pd.DataFrame:
    """Every method minus `base` in B at the chosen settings: a row each with its interval and Holm's p over all."""
    rows = {}
    for method in dict.fromkeys(chosen["method"]):
        if method != base:
            found = paired_interval(chosen, "B", arm="method", new=method, base=base)
            rows[method] = dict(interval=found, estimate=found.estimate, low=found.low, high=found.high, p=found.p)
    columns = ["interval", "estimate", "low", "high", "p"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("method")
    table["p_holm"] = np.where(table["p"].notna(), holm(table["p"].fillna(1.0)), np.nan) if len(table) else []
    return table


def in_one_table(
    chosen: pd.DataFrame,
    choice: pd.DataFrame,
    at_level: Mapping[str, Interval],
    best: pd.Series,
    seconds: Mapping[str, float],
) -> pd.DataFrame:
    """Method -> B with interval, K, C, C at equal K, spread over seeds, seconds, settings tried, how often best."""
    rows = {}
    for method, own in chosen.groupby("method", sort=False):
        B = mean_interval(own, "B", ["concept", "seed"])
        spread = own.groupby("concept")["B"].std().mean()
        rows[method] = dict(B=B.estimate, low=B.low, high=B.high, K=own["K"].mean(), C=own["C"].mean())
        rows[method] |= dict(C_at_K=at_level.get(method, UNKNOWN).estimate, spread=spread)
        rows[method] |= dict(seconds=seconds.get(method, np.nan), best=best.get(method, np.nan))
        rows[method] |= dict(value=choice["value"].get(method), tried=choice["tried"].get(method, 0))
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("method")
    return table.sort_values("B", ascending=False, kind="stable")


def near_the_best(table: pd.DataFrame, chosen: pd.DataFrame) -> list[str]:
    """The methods that cannot be told from the one with the highest B, the cheapest first, of equal ones the plainest.

    Costs less than some 1.4 times apart are equal: seconds on a busy machine say no more.
    """
    known = list(table.index[table["B"].notna()])
    near = []
    for method in known[1:]:
        apart = paired_interval(chosen, "B", arm="method", new=method, base=known[0])
        if not apart.high < 0:
            near.append(method)
    cost = np.log2(table.loc[near, "seconds"] / table.loc[near, "seconds"].min()).round().fillna(np.inf)
    return sorted(near, key=lambda m: (cost[m], [*TUNED, *known].index(m)))


def answer(against: pd.DataFrame, kl: pd.DataFrame, control: Interval) -> dict[str, str]:
    """Verdicts: `any`, some rival beats the naive word; `kl`, KL beats it; `kl_best`, KL beats every other method.

    against: `contrasts` with the naive word; kl: with KL as the base, so that a rival which is better lies above zero.
    control: the class word minus the naive word, which must not show a gain too.
    """
    shows = bool(control.low > 0)
    each = {
        m: verdict(r["interval"], smallest=SMALLEST_SHARE, p=r["p_holm"], control=shows) for m, r in against.iterrows()
    }
    found = set(each.values())
    some = "supported" if "supported" in found else "not supported" if found == {"not supported"} else "undecided"
    beaten = [verdict(opposite(r["interval"]), smallest=SMALLEST_SHARE, p=r["p_holm"]) for _, r in kl.iterrows()]
    return dict(any=some, kl=each.get("kl", "undecided"), kl_best=verdict_of_all(beaten))
