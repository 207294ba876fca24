"""Which pictures the page on ranking shows: a batch in its order, one of each case, what three scores pick."""

import pandas as pd
from scipy.stats import rankdata

PICKED = ("text", "subject", "harmony")  # the scores whose picks are shown


def best_first(rows: pd.DataFrame, by: str) -> pd.DataFrame:
    """The rows in the order of a score, with `rank` (from 1, equal for equal scores)."""
    ranked = rows.assign(rank=rankdata(-rows[by], method="min").astype(int))
    return ranked.sort_values("rank", kind="stable")


def one_of_each(cases: pd.DataFrame) -> pd.DataFrame:
    """The first picture of every set, for the first context of every concept."""
    first = cases.groupby(["concept", "phrase", "set"], sort=False).first().reset_index()
    return first[first["phrase"] == first.groupby("concept")["phrase"].transform("first")]


def best_pictures(rows: pd.DataFrame) -> pd.DataFrame:
    """The picture that each of the scores PICKED puts first, a row per concept and score.

    rows: a picture each, of one prompt a concept: concept, image, the scores, concept_seen, context_seen. `ticks`: how
    many of the two the oracle sees; none where it cannot tell.
    """
    lines = []
    for name, own in rows.reset_index(drop=True).groupby("concept", sort=False):
        for score in PICKED:
            best = own.loc[own[score].idxmax()]
            seen = sum(best[column] == 1 for column in ("concept_seen", "context_seen"))
            lines.append(dict(concept=name, score=score, image=best["image"], ticks=int(seen)))
    return pd.DataFrame(lines, columns=["concept", "score", "image", "ticks"])
