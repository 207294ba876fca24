"""Which kinds of concept a word can learn: each concept's rates, and whether kinds differ more than concepts do."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from study.truth import OUTCOMES
from study.wording import LEVEL, about, counted, times_for
from textinv_core.evaluation.stats import mean_interval

SINGLE = {letter: column for column, letter in OUTCOMES.items()}  # K, C, B -> the column of single pictures
CLIPS = {"held_out": "held-out likeness", "text_deleted": "editability"}
DRAWS = 4999  # rearrangements of concepts among kinds
COLUMNS = ["concept", "kind", "seed", "prompt", "image", *OUTCOMES, *CLIPS]  # of single pictures, at least


def together(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The tables of single pictures as one; an empty one where types are not compared."""
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)


def by_concept(scores: pd.DataFrame, plain: Mapping[str, str]) -> pd.DataFrame:
    """One row per concept and outcome, kinds together: K and likeness of the plain prompt, the others of the rest.

    scores: a row a picture: concept, kind, seed (of training), prompt, image, the oracle's columns and CLIP's.
    """
    alone, rows = scores["prompt"] == scores["concept"].map(plain), []
    columns = SINGLE | {column: column for column in CLIPS}
    for (kind, name), own in scores.groupby(["kind", "concept"]):
        for value, column in columns.items():
            pictured = own[alone[own.index] == (value in ("K", "held_out"))]
            found = mean_interval(pictured, column, ["seed", "prompt", "image"])
            row = dict(kind=kind, concept=name, value=value, estimate=found.estimate)
            rows.append(row | dict(low=found.low, high=found.high))
    return pd.DataFrame(rows, columns=["kind", "concept", "value", "estimate", "low", "high"])


def kinds_differ(table: pd.DataFrame, value: str) -> tuple[float, int]:
    """p-value that kinds of concept differ in a value, concepts rearranged among them; and how many kinds it rests on.

    Only kinds of two or more concepts count: of one, its kind cannot be told from itself. NaN with fewer than two.
    """
    own = table[(table["value"] == value) & table["estimate"].notna()]
    groups = [rows["estimate"].to_numpy() for _, rows in own.groupby("kind") if len(rows) > 1]
    if len(groups) < 2 or np.ptp(np.concatenate(groups)) < 1e-12:
        return float("nan"), len(groups)

    def between(*parts, axis):
        return sum(part.shape[axis] * part.mean(axis=axis) ** 2 for part in parts)

    rng = np.random.default_rng(0)
    how = dict(vectorized=True, n_resamples=DRAWS, alternative="greater", rng=rng)
    return float(stats.permutation_test(groups, between, **how).pvalue), len(groups)


def outcome(table: pd.DataFrame) -> str:
    """The outcome that decides: B, both in one picture, where there is an oracle; else held-out likeness."""
    return "B" if table.loc[table["value"] == "B", "estimate"].notna().any() else "held_out"


def answer(table: pd.DataFrame) -> tuple[str, str, int]:
    """The verdict on "the type of concept matters"; what was found, in words; how many concepts would decide it."""
    if table["concept"].nunique() < 2:
        return "undecided", "types were not compared", 0
    value = outcome(table)
    own = table[table["value"] == value].groupby("kind")["estimate"].mean().sort_values()
    p, kinds = kinds_differ(table, value)
    called = "concept and context in one picture" if value == "B" else "held-out likeness"
    found = f"{called}: most for {own.index[-1]} ({own.iloc[-1]:.2f}), least for {own.index[0]} ({own.iloc[0]:.2f})"
    if not np.isfinite(p):
        return "undecided", f"{found}; too few kinds have two concepts or more to test it", 0
    found += f"; p {p:.3f} over {kinds} kinds of two concepts or more"
    needed = int(np.ceil(table["concept"].nunique() * times_for(p) ** 2)) if p < 1 else 0
    return "supported" if p <= LEVEL else "undecided", found, needed


def claims(table: pd.DataFrame, answered: tuple[str, str, int], seeds: int) -> list[dict]:
    """The claim that the type matters, as fields of a `Claim`; none where types were not compared; from `answer`."""
    concepts, kinds = table["concept"].nunique(), table["kind"].nunique()
    if not concepts:
        return []
    said, found, needed = answered
    return [
        dict(
            source="poster, future work (a question there)",
            words="the type of concept matters",
            test="outcomes by type, concepts rearranged among types; decided only with two or more concepts of a type",
            result=found,
            n=f"{counted(concepts, 'concept')} of {counted(kinds, 'type')}, {counted(seeds, 'training seed')}",
            verdict=said,
            takes=about(needed),
        )
    ]
