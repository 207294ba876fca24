"""Which score ranks pictures best: pictures of known order, the traps among them, batches judged by the oracle."""

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd

from study.truth import SMALLEST_SHARE
from study.wording import counted, verdict
from textinv_core.evaluation.ranking import best_of, concordance
from textinv_core.evaluation.stats import Interval, holm, mean_interval, paired_interval

SCORES = {
    "accord": "accord", "harmony": "harmony", "minimum": "minimum of shares", "mean_z": "mean z", "raw_sum": "raw sum",
    "raw_product": "raw product", "raw_harmonic_mean": "raw harmonic mean",
    "subject": "subject alone", "text": "text alone",
}  # fmt: skip
RAW = ("raw_sum", "raw_product", "raw_harmonic_mean", "subject", "text")  # what harmony must beat
RANDOM = "random"  # any picture of the batch: the control when picking the best of many
PICKERS = ("subject", "text", "raw_product", "raw_harmonic_mean", RANDOM)
SIZES = (1, 2, 4, 8, 16)  # N of best-of-N
NEW = ("harmony", "accord")
RIGHT = "both"  # the set of the pictures that show what was asked for
ORDERED = ("both", "subject only", "context only", "neither")  # the sets that are put in order
TRAPS = {"empty": "the subject dropped", "smear": "a smear", "training picture": "a training picture as it is"}
SMALLEST = {"auc": 0.02, "best": SMALLEST_SHARE}  # the smallest effects of interest, of an AUC and of a share of picks
BATCH = ["concept", "seed", "prompt"]

Contrasts = dict[tuple[str, str, str], Interval]  # (score, measure, rival) -> score minus rival


def orders(rows: pd.DataFrame) -> pd.DataFrame:
    """The share of pairs in the right order, one row per judge, concept, prompt and score.

    `auc`: right pictures above all other sets in order; the two halves: above those that lack only that; and above each
    of the TRAPS. rows: a picture each, with `judge`, `kind`, `concept`, `prompt`, `set` and the scores.
    """
    against = dict(auc=ORDERED, subject_half=(RIGHT, "context only"), text_half=(RIGHT, "subject only"))
    against |= {trap: (RIGHT, trap) for trap in TRAPS}
    keys, lines = ["judge", "kind", "concept", "prompt"], []
    for key, own in rows.groupby(keys, sort=False):
        for name in SCORES:
            line = dict(zip(keys, key, strict=True)) | dict(score=name)
            for value, sets in against.items():
                some = own[own["set"].isin(sets)].dropna(subset=[name])
                line[value] = concordance(some[name], some["set"] == RIGHT)
            lines.append(line)
    return pd.DataFrame(lines, columns=[*keys, "score", *against])


def in_order(order: pd.DataFrame, value: str = "auc") -> pd.DataFrame:
    """Each score's mean share of pairs in order with its interval over concepts and prompts, best scores as given."""
    rows = [dict(score=s) | mean_interval(order[order["score"] == s], value, BATCH)._asdict() for s in SCORES]
    return pd.DataFrame(rows).drop(columns=["n", "p"])


class Enough(NamedTuple):
    """Whether batches hold enough accepted pictures to be ranked by: otherwise a curve would hang on one of them."""

    accepted: int  # pictures that the oracle accepts, in open batches
    open: int  # batches with some accepted and some not: in the others every pick is as good
    batches: int
    concepts: int  # with an open batch
    fewest: int

    @property
    def enough(self) -> bool:
        """At least `fewest` pictures accepted."""
        return self.accepted >= self.fewest

    @property
    def told(self) -> str:
        """In words."""
        if not self.batches:
            return "No oracle knows these pictures, so no picks are judged."
        open_ones = f"the {self.open} of {self.batches} batches where there is something to pick"
        has = f"The oracle accepts {counted(self.accepted, 'picture')} in {open_ones}"
        return f"{has}, of {counted(self.concepts, 'concept')}." + (
            ""
            if self.enough
            else f" Fewer than {self.fewest} are too few: no curve is drawn, and nothing is decided of picks."
        )


def open_batches(drawn: pd.DataFrame) -> pd.DataFrame:
    """The pictures of those batches in which the oracle accepts some and not others."""
    known = drawn.dropna(subset=["accepted"])
    share = known.groupby(BATCH)["accepted"].transform("mean")
    return known[(share > 0) & (share < 1)]


def enough(drawn: pd.DataFrame, fewest: int) -> Enough:
    """Of a table with a row a picture: concept, seed, prompt, `accepted` and the scores."""
    own = open_batches(drawn)
    batches = drawn.dropna(subset=["accepted"]).groupby(BATCH).ngroups
    return Enough(int(own["accepted"].sum()), own.groupby(BATCH).ngroups, batches, own["concept"].nunique(), fewest)


def picks(drawn: pd.DataFrame) -> pd.DataFrame:
    """The share of picks that the oracle accepts, a row per open batch, score and N; RANDOM: the batch's own share."""
    lines = []
    for key, rows in open_batches(drawn).groupby(BATCH, sort=False):
        place = dict(zip(BATCH, key, strict=True))
        sizes = [n for n in SIZES if n <= len(rows)]
        for s in SCORES:
            if rows[s].notna().all():
                shares = best_of(rows[s], rows["accepted"], sizes)
                lines += [place | dict(score=s, N=n, accepted=share) for n, share in zip(sizes, shares, strict=True)]
        lines += [place | dict(score=RANDOM, N=n, accepted=rows["accepted"].mean()) for n in sizes]
    return pd.DataFrame(lines, columns=[*BATCH, "score", "N", "accepted"])


def agreement(drawn: pd.DataFrame) -> pd.DataFrame:
    """How well each score tells accepted pictures from others of its own batch: AUC, a row per open batch and score."""
    lines = []
    for key, rows in open_batches(drawn).groupby(BATCH, sort=False):
        place = dict(zip(BATCH, key, strict=True))
        aucs = {s: concordance(rows[s], rows["accepted"] == 1) for s in SCORES if rows[s].notna().all()}
        lines += [place | dict(score=s, auc=auc) for s, auc in aucs.items()]
    return pd.DataFrame(lines, columns=[*BATCH, "score", "auc"])


def calibration(drawn: pd.DataFrame, fewest: int = 10) -> pd.DataFrame:
    """What a probability is worth: of pictures whose `p` lies in a tenth, the share in which the oracle sees it.

    A row per reading (`subject`, `text`) and tenth that has `fewest` pictures: mean p, share seen, pictures.
    """
    lines = []
    for reading, (p, seen) in dict(subject=("p_subject", "concept_seen"), text=("p_text", "context_seen")).items():
        own = drawn.dropna(subset=[p, seen])
        tenth = np.minimum((own[p] * 10).astype(int), 9)
        for _, rows in own.groupby(tenth):
            if len(rows) >= fewest:
                lines.append(dict(reading=reading, p=rows[p].mean(), seen=rows[seen].mean(), pictures=len(rows)))
    return pd.DataFrame(lines, columns=["reading", "p", "seen", "pictures"])


def contrasts(order: pd.DataFrame, picked: pd.DataFrame, judged: bool) -> tuple[pd.DataFrame, Contrasts]:
    """Harmony and accord minus what each must beat; Holm within each score's family. judged: picks may be compared."""
    largest = picked[picked["N"] == picked["N"].max()] if judged else picked[:0]
    found: Contrasts = {}
    for new, base in product(NEW, RAW):
        found[new, "auc", base] = paired_interval(order, "auc", arm="score", new=new, base=base, pair=BATCH[::2])
    for new, base in product(NEW, PICKERS):
        found[new, "best", base] = paired_interval(largest, "accepted", arm="score", new=new, base=base, pair=BATCH)
    rows = [
        dict(
            score=new,
            measure=measure,
            rival=base,
            difference=c.estimate,
            low=c.low,
            high=c.high,
            concepts=c.concepts,
            p=c.p,
        )
        for (new, measure, base), c in found.items()
    ]
    table = pd.DataFrame(rows)
    for _, own in table.groupby("score"):
        table.loc[own.index, "p_holm"] = np.where(own["p"].notna(), holm(own["p"].fillna(1.0)), np.nan)
    return table, found


def verdicts(table: pd.DataFrame, found: Contrasts) -> dict[tuple[str, str, str], str]:
    """Of each rival: is the score better than it? By the one rule, with the measure's smallest effect of interest."""
    p = table.set_index(["score", "measure", "rival"])["p_holm"].to_dict()
    return {key: verdict(c, smallest=SMALLEST[key[1]], p=p[key]) for key, c in found.items()}


def by_kind(order: pd.DataFrame, reported: Sequence[str]) -> pd.DataFrame:
    """A row per score: the reported concepts' AUC and its halves, by every judge; the AUC of each kind of concept."""
    own, values = order[order["concept"].isin(reported)], ["auc", "subject_half", "text_half"]
    called = {"auc": "AUC", "subject_half": "subject half", "text_half": "text half"}
    parts = {
        judge: rows.groupby("score")[values].mean().rename(columns=called)
        for judge, rows in own.groupby("judge", sort=False)
    }
    kinds = order[order["judge"] == "the judge"]
    parts["AUC by kind"] = kinds.pivot_table(index="score", columns="kind", values="auc", aggfunc="mean")
    return (
        pd.concat(parts, axis=1)
        .reindex(list(SCORES))
        .rename(index=SCORES)
        .rename_axis(index=None, columns=[None, None])
    )
