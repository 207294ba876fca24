"""What the comparison of leashes decides: contrasts named beforehand, their controls, contexts one by one, verdicts."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from study.analysis.kl_tradeoff import KL, POINTS, RIVALS, UNIFORM, Reading
from study.truth import SMALLEST_SHARE
from study.wording import opposite, side, verdict, verdict_of_all
from textinv_core.evaluation.fronts import ENDS
from textinv_core.evaluation.stats import Interval, holm, paired_interval

SPREAD = 0.02  # the same of a standard deviation over training seeds
PLAIN = "plain"  # what the prompt without a context is called
MATCHED = "matched stop"  # the control: no leash, stopped early where it keeps the concept as often

Contrasts = dict[tuple[str, str], Interval]  # (terms, rival) -> KL minus it


def at_the_weight(results: pd.DataFrame, weight: float, kept: str) -> pd.DataFrame:
    """Naive, KL at one weight, the initializer, and the control: each concept's early stop nearest to KL in `kept`."""
    leashed = results[(results["method"] == KL) & (results["strength"] == weight)]
    rows = [results[results["method"].isin(ENDS)], leashed]
    for name, own in leashed.groupby("concept", sort=False):
        stops = results[(results["concept"] == name) & results["method"].isin(["early stopping", "naive"])]
        stops = stops.assign(strength=stops["strength"].where(stops["method"] != "naive", np.inf))
        distance = (stops.groupby("strength")[kept].mean() - own[kept].mean()).abs().dropna()
        if len(distance):
            rows.append(stops[stops["strength"] == distance.idxmin()].assign(method=MATCHED))
    return pd.concat(rows, ignore_index=True)


def against(table: pd.DataFrame, value: str, base: str, new: str = KL, pair=("concept", "seed"), **how) -> Interval:
    """Method `new` minus method `base`."""
    return paired_interval(table, value, arm="method", new=new, base=base, pair=pair, **how)


def primary_contrasts(
    single: pd.DataFrame, likeness: pd.DataFrame, pull: pd.DataFrame, reading: Reading
) -> tuple[pd.DataFrame, Contrasts]:
    """KL minus naive at the chosen weight; minus each rival at equal likeness, and at equal pull. Holm over all.

    All are claimed to be above zero, so the tests are one-sided.
    """
    up = dict(alternative="greater")
    found: Contrasts = {("chosen weight", "naive"): against(single, reading.both, "naive", **up)}
    found |= {("equal likeness", rival): against(likeness, "value", rival, **up) for rival in RIVALS}
    found |= {("equal pull", rival): against(pull, "value", rival, **up) for rival in RIVALS}
    return contrast_rows(found), found


def other_contrasts(likeness: pd.DataFrame, pull: pd.DataFrame) -> Contrasts:
    """What stands beside the primary ones: fronts of all settings; the other weighting, leashes of one setting."""
    found: Contrasts = {("equal likeness, all settings", r): against(likeness, "value", r) for r in RIVALS}
    for terms, table in (("equal likeness, all settings", likeness), ("equal pull", pull)):
        found |= {(terms, other): against(table, "value", other) for other in (UNIFORM, *POINTS)}
    return found


def contrast_rows(found: Mapping[tuple[str, str], Interval]) -> pd.DataFrame:
    """A row per contrast; `p_holm` over all of them, a test that could not be made counting as one."""
    rows = [
        dict(terms=terms, rival=rival, difference=c.estimate, low=c.low, high=c.high, concepts=c.concepts, p=c.p)
        for (terms, rival), c in found.items()
    ]
    table = pd.DataFrame(rows)
    return table.assign(p_holm=np.where(table["p"].notna(), holm(table["p"].fillna(1.0)), np.nan))


def contrast_table(*tables: pd.DataFrame):
    """Contrasts as a page shows them."""
    table = pd.concat(tables)
    shown = table.assign(rival="− " + table["rival"]).set_index(["terms", "rival"]).rename_axis([None, None])
    shown.columns = ["KL minus rival", "low", "high", "concepts", "p", "p, Holm"]
    forms = {"KL minus rival": "{:+z.3f}", "low": "{:+z.3f}", "high": "{:+z.3f}", "p": "{:.3f}", "p, Holm": "{:.3f}"}
    return shown.style.format(forms, na_rep="–")


def context_table(table: pd.DataFrame):
    """Contexts one by one, as a page shows them."""
    bounds = [f"{row.low:+z.2f} to {row.high:+z.2f}" if np.isfinite(row.low) else "–" for row in table.itertuples()]
    columns = ["context", "initializer", "naive", "kl", "change", "concepts"]
    shown = table[columns].set_index("context").rename_axis(None)
    shown.insert(4, "95 % interval", bounds)
    shown = shown.rename(columns={"kl": "KL", "change": "KL − naive"})
    form = dict.fromkeys(("initializer", "naive", "KL"), "{:.2f}") | {"KL − naive": "{:+z.2f}"}
    return shown.style.format(form, na_rep="–")


def by_context(
    pictures: pd.DataFrame,  # a row each: concept, prompt, seed, image (the noise), method, strength and `value`
    phrases: Mapping[str, Mapping[str, str]],  # concept -> prompt -> what its context is called, or PLAIN
    weight: float,
    value: str,
) -> pd.DataFrame:
    """One row per context: what the initializer, naive and KL reach in it, and KL minus naive with its interval."""
    contexts = [phrases[c][p] for c, p in zip(pictures["concept"], pictures["prompt"], strict=True)]
    own = pictures.assign(context=contexts)
    own = own[own["context"] != PLAIN].dropna(subset=[value])
    own = own[own["method"].isin(ENDS) | ((own["method"] == KL) & (own["strength"] == weight))]
    rows = []
    for context, of in own.groupby("context", sort=False):
        change = against(of, value, "naive", pair=("concept", "seed", "image"))
        means = of.groupby("method")[value].mean()
        row = dict(context=context, initializer=means.get("initializer"), naive=means.get("naive"), kl=means.get(KL))
        rows.append(row | dict(change=change.estimate, low=change.low, high=change.high, concepts=change.concepts))
    columns = ["context", "initializer", "naive", "kl", "change", "low", "high", "concepts"]
    return pd.DataFrame(rows, columns=columns)


def hidden(contexts: pd.DataFrame, pooled: Interval) -> list[str]:
    """The contexts that a pooled difference hides: those whose own interval lies on its other side."""
    where = side(pooled)
    other = contexts["high"] < 0 if where > 0 else contexts["low"] > 0
    return contexts.loc[other, "context"].tolist() if where else []


def spread_over_seeds(results: pd.DataFrame, reading: Reading) -> pd.DataFrame:
    """Concept, method and strength: how far apart training seeds end, `spread` = sqrt(var kept + var context).

    NaN with a single seed; `sd_loss` of the fixed-batch loss.
    """
    groups = results.groupby(["concept", "method", "strength"], sort=False)
    table = groups[[reading.kept, reading.context, "loss"]].std()
    spread = np.sqrt(table[reading.kept] ** 2 + table[reading.context] ** 2)
    return pd.DataFrame(dict(spread=spread, sd_loss=table["loss"])).reset_index()


def by_weight(results: pd.DataFrame, spread: pd.DataFrame) -> pd.DataFrame:
    """Naive and KL by concept and strength: `spread_over_seeds`, and where the row lies, mean over seeds."""
    keys, own = ["concept", "method", "strength"], results[results["method"].isin(["naive", KL])]
    return own.groupby(keys)[["nearest_cosine", "norm_ratio"]].mean().reset_index().merge(spread, on=keys)


def usual(words: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Where 95 % of ordinary words lie (columns cosine, norm): cosine to the nearest other, length over the median."""
    low, high = words["norm"].quantile([0.025, 0.975]) / words["norm"].median()
    return {"nearest_cosine": (float(words["cosine"].quantile(0.025)), 1.0), "norm_ratio": (float(low), float(high))}


def with_control(spread: pd.DataFrame, single: pd.DataFrame) -> pd.DataFrame:
    """Of `spread_over_seeds` the naive word, KL at its weight, and the control, each concept's own early stop."""
    keys = ["concept", "method", "strength"]
    there = single[single["method"].isin(["naive", KL])][keys].drop_duplicates()
    control = single[single["method"] == MATCHED][["concept", "strength"]].drop_duplicates()
    stops = spread[spread["method"].isin(["early stopping", "naive"])]
    stops = stops.assign(strength=stops["strength"].where(stops["method"] != "naive", np.inf))
    control = control.merge(stops, on=["concept", "strength"]).assign(method=MATCHED)
    return pd.concat([spread.merge(there, on=keys), control])


def differences(single: pd.DataFrame, spread: pd.DataFrame, reading: Reading) -> dict[str, Interval]:
    """What stands beside the primary contrasts: KL and the control minus naive, KL minus the control."""
    found = {key: against(single, key, "naive") for key in (reading.kept, reading.context, "R", "E", "nearest_cosine")}
    found["control"] = against(single, reading.both, "naive", MATCHED)
    found["nearest control"] = against(single, "nearest_cosine", "naive", MATCHED)
    each = ("concept",)
    found["spread"] = against(spread, "spread", "naive", pair=each)
    found["spread control"] = against(spread, "spread", "naive", MATCHED, pair=each)
    found["spread matched"] = against(spread, "spread", MATCHED, pair=each)
    found["lost"] = against(single, reading.context, "naive", "initializer")
    return found


def answers(
    found: Contrasts,
    table: pd.DataFrame,  # its rows, from `contrast_rows`
    beside: Mapping[str, Interval],  # from `differences`
    contexts: pd.DataFrame,  # from `by_context`
    context: str,  # the reading's column of contexts
    *,
    safe: bool,  # the weight was chosen on other concepts, and not at its grid's edge
) -> dict[str, str]:
    """The verdicts. What speaks of the chosen weight is undecided unless `safe`; so is what pooled contexts hide."""
    p = table.set_index(["terms", "rival"])["p_holm"].to_dict()
    first = ("chosen weight", "naive")
    of_weight = dict(
        keeps=verdict(found[first], smallest=SMALLEST_SHARE, p=p[first], control=side(beside["control"]) > 0),
        steady=verdict(
            opposite(beside["spread"]), smallest=SPREAD, control=side(opposite(beside["spread control"])) > 0
        ),
        stays=verdict(beside["nearest_cosine"], smallest=SMALLEST_SHARE, control=side(beside["nearest control"]) > 0),
    )
    if hidden(contexts, beside[context]):
        of_weight["keeps"] = "undecided"
    rivals = [verdict(c, smallest=SMALLEST_SHARE, p=p[key]) for key, c in found.items() if key[1] != "naive"]
    of_weight = {key: said if safe else "undecided" for key, said in of_weight.items()}
    return of_weight | dict(better=verdict_of_all(rivals))
