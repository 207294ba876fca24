"""The note's probes decided: the named contrasts, each beside its controls, and the verdicts."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from study.truth import SMALLEST_SHARE
from study.wording import LEVEL, about, in_words, verdict, verdict_beside, would_take
from textinv_core.evaluation.probes import POOLINGS, slope
from textinv_core.evaluation.stats import (
    LEVELS,
    UNKNOWN,
    Interval,
    hierarchical_bootstrap,
    holm,
    page_trend,
    paired_differences,
    sign_flip_test,
)

CLASS, RANDOM, TRUE, NAIVE, KL = "class word", "random word", "true name", "naive", "KL"
NAIVE_SCALED, KL_SCALED = "naive, rescaled", "KL, rescaled"
READINGS = (CLASS, RANDOM, TRUE, NAIVE, NAIVE_SCALED, KL, KL_SCALED)
RIGHT, TRAP = POOLINGS
POOLED = {RIGHT: "end of text", TRAP: "highest id (the trap)"}
RUNGS = ("own", "look_alike", "other_person", "backpack")  # expected order of similarity, highest first
RUNG_SAID = dict(zip(RUNGS, ("own", "look-alike", "other", "backpack"), strict=True))
BALLET = "doing ballet"
CONTEXT = "context"  # the key of the one contrast that is asked of pictures
# Probe -> what is measured, above zero where the claim holds; the controls that must not show the same.
PROBES = {
    "1": ("fall of the cosine from rung to rung", (CLASS, RANDOM)),
    "2": ("cosine to own pictures, word minus description", (CLASS, RANDOM)),
    "3": ("interaction of texts and pictures", (RANDOM,)),
    CONTEXT: ("lost against the class word", (RANDOM,)),
}
PRIMARY = (*((probe, reading) for reading in (NAIVE, KL) for probe in "123"), (CONTEXT, NAIVE))
COSINE = 0.01  # the smallest effect of interest, of a cosine; where it is more,
TENTH = 0.1  # this share of what a random word misses of a description
ENOUGH_COSINE, ENOUGH_SHARE = 0.05, 0.5  # what the class word must show of a context, or there is nothing to lose


def interval(rows: pd.DataFrame, value: str = "value") -> Interval:
    """Mean of means and its bootstrap interval; nothing from no row, no bounds from a single one.

    Rows that are all equal have bounds here: that no picture of many differs is a finding.
    """
    there = rows.dropna(subset=[value]) if value in rows else rows[:0]
    if there.empty:
        return UNKNOWN
    found = hierarchical_bootstrap(there, value, [level for level in LEVELS if level in there])
    return found if len(there) > 1 else found._replace(low=np.nan, high=np.nan)


def between(rows: pd.DataFrame, new: str, base: str) -> Interval:
    """Interval of `value`, reading `new` minus reading `base`, over the rows that both have."""
    if new == base or not {new, base} <= set(rows.get("reading", ())):
        return UNKNOWN
    pair = [level for level in LEVELS if level in rows]
    return interval(paired_differences(rows, "value", arm="reading", new=new, base=base, pair=pair), "difference")


def slopes(order: pd.DataFrame) -> pd.DataFrame:
    """Concept, seed, reading and pooling: the mean cosine of each rung, their `slope`, whether the order is `exact`.

    Only of concepts that have pictures of every rung.
    """
    columns = ["concept", "seed", "reading", "pooling"]
    if order.empty:
        return pd.DataFrame(columns=[*columns, *RUNGS, "slope", "exact"])
    table = order.groupby([*columns, "rung"])["cosine"].mean().unstack("rung").reindex(columns=RUNGS).dropna()
    exact = (table.diff(axis=1).iloc[:, 1:] < 0).all(axis=1)
    return table.assign(slope=slope(table.to_numpy()), exact=exact).reset_index().rename_axis(columns=None)


def against_description(order: pd.DataFrame) -> pd.DataFrame:
    """Probe 2, by own picture: cosine of each reading's text minus that of the description, `value`."""
    columns = ["concept", "seed", "pooling", "image", "reading", "value"]
    own = order[order["rung"] == "own"] if len(order) else pd.DataFrame(columns=[*columns, "cosine"])
    base = own[own["reading"] == "description"].set_index(columns[:4])["cosine"]
    rows = own[own["reading"] != "description"]
    of_description = pd.Series(rows.set_index(columns[:4]).index.map(base), index=rows.index, dtype=float)
    return rows.assign(value=rows["cosine"] - of_description)[columns].dropna()


def trends(table: pd.DataFrame) -> pd.DataFrame:
    """Reading and pooling: the mean fall, the share of exact orders, Page's L over concepts and its p."""
    rows = []
    for (reading, pooling), own in table.groupby(["reading", "pooling"], sort=False):
        ranked = own.groupby("concept")[list(RUNGS)].mean().to_numpy()[:, ::-1]
        L, p = page_trend(ranked) if len(ranked) > 1 else (np.nan, np.nan)
        line = dict(reading=reading, pooling=pooling, fall=own["slope"].mean(), exact=own["exact"].mean())
        rows.append(line | dict(L=L, p=p, concepts=len(ranked)))
    return pd.DataFrame(rows, columns=["reading", "pooling", "fall", "exact", "L", "p", "concepts"])


def against_the_order(table: pd.DataFrame, reading: str) -> list[str]:
    """The steps between rungs that clearly go the other way: one is enough against an exact order."""
    rows = table[(table["pooling"] == RIGHT) & (table["reading"] == reading)]
    falls = {f"{RUNG_SAID[b]} above {RUNG_SAID[a]}": rows[a] - rows[b] for a, b in zip(RUNGS, RUNGS[1:], strict=False)}
    found = {said: interval(rows.assign(value=fall.astype(float))) for said, fall in falls.items()}
    return [said for said, fall in found.items() if verdict(fall) == "not supported"]


def frames(order: pd.DataFrame, third: pd.DataFrame, losses: pd.DataFrame, context: str) -> dict[str, pd.DataFrame]:
    """Probe -> a row per reading and unit with its `value`: texts read at their end, and the one context named."""
    rung, described = slopes(order), against_description(order)
    tables = {"1": rung.rename(columns={"slope": "value"}), "2": described, CONTEXT: losses}
    tables["3"] = third.rename(columns={"interaction": "value"})
    found = {}
    for probe, table in tables.items():
        kept = table[table["pooling"] == RIGHT] if "pooling" in table else table
        kept = kept[kept["context"] == context] if "context" in kept else kept
        found[probe] = kept[[c for c in (*LEVELS, "reading", "value") if c in kept]]
    return found


def cosine_of_interest(described: pd.DataFrame) -> float:
    """The smallest effect of interest, of a cosine; described: probe 2, a row per reading and own picture.

    How far apart two texts lie differs from one CLIP to the next by many times: what a random word misses of a
    description, which no learned word is part of, says what a cosine is worth on this one.
    """
    missed = -interval(described[described["reading"] == RANDOM]).estimate if len(described) else np.nan
    return max(COSINE, TENTH * missed)  # in this order: COSINE where that is not known


def something_to_lose(shown: float, shares: bool) -> bool:
    """Whether the class word shows enough of a context that losing it could be seen."""
    return shown >= (ENOUGH_SHARE if shares else ENOUGH_COSINE)


def contrasts(
    tables: Mapping[str, pd.DataFrame],  # of `frames`
    order_of_rungs: pd.DataFrame,  # of `slopes`
    shares: bool,  # whether the context is judged by the share of pictures that show it, and not by cosines
    shown: float,  # what the class word shows of that context
) -> pd.DataFrame:
    """One row per primary contrast, by (probe, reading): interval, p, its controls, `smallest` effect, verdict, and what it `takes`.

    p is Page's for the order, else one-sided sign flips over concepts, after Holm's correction over all of them; one
    that could not be made counts as a test all the same.
    """
    trend, rows, known = trends(order_of_rungs), [], {}
    for probe, reading in PRIMARY:
        table, (measured, names) = tables[probe], PROBES[probe]
        own = table[table["reading"] == reading] if len(table) else table
        found, p = interval(own), np.nan
        if probe == "1":
            p = trend[(trend["reading"] == reading) & (trend["pooling"] == RIGHT)]["p"].max()
        elif found.concepts > 1:
            of_concepts = own.groupby("concept")["value"].mean()
            p = sign_flip_test(of_concepts, alternative="greater") if of_concepts.abs().max() > 0 else 1.0
        sides = [(interval(table[table["reading"] == name]) if len(table) else UNKNOWN) for name in names]
        over = [between(table, reading, name) for name in names]
        known[probe, reading] = found, dict(zip(names, sides, strict=True)), dict(zip(names, over, strict=True))
        line = dict(probe=probe, reading=reading, measured=measured, estimate=found.estimate, low=found.low)
        line |= dict(high=found.high, concepts=found.concepts, seeds=own["seed"].nunique() if len(own) else 0, p=p)
        rows.append(line | {name: one.estimate for name, one in zip(names, sides, strict=True)})
    result = pd.DataFrame(rows).set_index(["probe", "reading"])
    result["p_holm"] = np.where(result["p"].notna(), holm(result["p"].fillna(1.0)), np.nan)
    of_cosine = cosine_of_interest(tables["2"])
    for key, (found, sides, over) in known.items():
        smallest = SMALLEST_SHARE if shares and key[0] == CONTEXT else of_cosine
        said, same = verdict_beside(found, sides, over, smallest, p=result.at[key, "p_holm"])
        notes = [f"{' and '.join(same)} shows the same"] * bool(same)
        if key[0] == "1" and (backward := against_the_order(order_of_rungs, key[1])):
            said, notes = "not supported", notes + backward
        if said == "undecided" and not same and found.low > 0 and not result.at[key, "p_holm"] <= LEVEL:
            notes = ["not after Holm’s correction" + few_concepts(key[0], found.concepts)]
        if key[0] == CONTEXT and not something_to_lose(shown, shares):
            said, notes = "undecided", [f"with the {CLASS} there is too little of it to lose"]
        open_yet = [would_take(over[name], smallest=smallest) for name in same]
        open_yet = open_yet or [would_take(found, smallest=smallest, p=result.at[key, "p_holm"])]
        result.loc[[key], "takes"] = about(max(open_yet) if all(open_yet) else 0)
        result.loc[[key], ["smallest", "verdict"]] = smallest, said
        result.loc[[key], "said"] = "; ".join([in_words(found, "+z.4f"), *notes])
    return result


def few_concepts(probe: str, concepts: int) -> str:
    """A word on the number of concepts, where no outcome of them could have passed the correction."""
    short = probe != "1" and concepts < concepts_needed()
    return f", which takes {concepts_needed()} concepts" if short else ""


def concepts_needed(tests: int = len(PRIMARY)) -> int:
    """The fewest concepts by which a sign-flip test can pass Holm's correction as the least of so many tests."""
    return int(np.ceil(np.log2(tests / LEVEL)))
