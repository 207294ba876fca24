"""Does inversion find the word that was there: learned rows and what they draw, held against the true name's."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from torch import Tensor
from torch.nn.functional import normalize

from study.contrasts import Question
from study.scores import SCORES
from study.truth import SMALLEST_SHARE, outcomes
from study.wording import side
from textinv_core.evaluation.metrics import summarise
from textinv_core.evaluation.stats import Interval, paired_interval

TI, KL, TRUE, SD, ANY = "SD + TI", "SD + TI + KL", "true name", "class word", "random word"
SMALLEST_COSINE = 0.05
QUESTIONS = {
    "toward": Question(
        "inversion moves a row toward the word that was there",
        "share of the vocabulary farther from the row than the true name: learned minus initializer",
        SMALLEST_SHARE,
    ),
    "nearer": Question(
        "the KL term ends nearer to the true name", "cosine to the true row: KL minus naive", SMALLEST_COSINE
    ),
    "keeps": Question(
        "a learned word draws its concept as its true name does", "K: naive minus true name", SMALLEST_SHARE, "within"
    ),
    "both": Question(
        "a learned word serves in context as its true name does", "B: naive minus true name", SMALLEST_SHARE, "within"
    ),
}
PAIR = ("concept", "seed", "prompt", "image")


def places(row: Tensor, words: Sequence[str], table: Tensor, true: str | None) -> dict[str, float]:
    """Where a row (D,) lies to the vocabulary's rows (words, D), and to the true name among them.

    `cosine` and `distance` to the true row (over its length); `rank` of the true name among the words nearest to the
    row, 1 the nearest; `farther`: the share of the other words that are farther from the row than the true name;
    `others`: the mean cosine to all other words, `norm` over the true row's. NaN where the vocabulary lacks it.
    """
    row, table = row.double(), table.double()
    cosines = (normalize(table, dim=-1) @ normalize(row, dim=-1)).numpy()
    unknown = dict.fromkeys(("cosine", "distance", "rank", "farther", "norm"), float("nan"))
    if true not in words:
        return unknown | dict(others=float(cosines.mean()))
    at = list(words).index(true)
    own, rest = table[at], np.delete(cosines, at)
    return dict(
        cosine=float(cosines[at]),
        distance=float((row - own).norm() / own.norm()),
        rank=1.0 + float((rest > cosines[at]).sum()),
        farther=float((rest < cosines[at]).mean()),
        norm=float(row.norm() / own.norm()),
        others=float(rest.mean()),
    )


def contrasts(
    where: pd.DataFrame,  # concept, seed, method and the columns of `places`
    pictures: pd.DataFrame,  # concept, seed, method, prompt, image, is_plain and what the oracle sees
) -> tuple[dict[str, Interval], dict[str, bool]]:
    """The primary contrasts, and whether a control shows the same of each.

    Control of `toward`: a random word. Of `nearer`: all other words, as a row that KL holds near the class word may lie
    nearer to every word.
    """
    toward = paired_interval(where, "farther", arm="method", new=TI, base=SD, alternative="greater")
    anyone = paired_interval(where, "farther", arm="method", new=ANY, base=SD)
    nearer = paired_interval(where, "cosine", arm="method", new=KL, base=TI, alternative="greater")
    others = paired_interval(where, "others", arm="method", new=KL, base=TI)
    alone, context = pictures[pictures["is_plain"]], pictures[~pictures["is_plain"]]
    sides = dict(arm="method", new=TI, base=TRUE, pair=PAIR)
    found = {
        "toward": toward,
        "nearer": nearer,
        "keeps": paired_interval(alone, "concept_seen", **sides),
        "both": paired_interval(context, "both_seen", **sides),
    }
    controls = {"toward": side(anyone) == 1 and anyone.estimate >= toward.estimate - SMALLEST_SHARE}
    return found, controls | {"nearer": side(others) == 1 and others.estimate >= nearer.estimate / 2}


def by_method(where: pd.DataFrame, shares: pd.DataFrame, probes: pd.DataFrame) -> pd.DataFrame:
    """A row a method: mean over concepts of the mean over seeds of every measure that any of the tables has."""
    tables = []
    for table in (shares, where, probes):
        values = [column for column in table if column not in ("method", "concept", "seed", "image", "step")]
        tables.append(
            table.groupby(["method", "concept"], sort=False)[values].mean().groupby("method", sort=False).mean()
        )
    return pd.concat(tables, axis=1).reindex([m for m in (TRUE, TI, KL, SD, ANY) if m in tables[1].index])


COLUMNS = {
    "K": ("pictures", "K"), "C": ("pictures", "C"), "B": ("pictures", "B"),
    "reconstruction": ("pictures", "CLIP, likeness"), "editability_deleted": ("pictures", "CLIP, context"),
    "cosine": ("row, to the true name", "cosine"), "distance": ("row, to the true name", "distance"),
    "rank": ("row, to the true name", "rank"), "norm": ("row, to the true name", "length"),
    "reads": ("probes", "reads as the name"), "shows": ("probes", "shows the concept"),
    "context": ("probes", "sentence counts"),
}  # fmt: skip


def method_table(table: pd.DataFrame):
    """The same as a page shows it; columns that nobody has are left out."""
    shown = table[[column for column in COLUMNS if column in table and table[column].notna().any()]]
    named = shown.set_axis(pd.MultiIndex.from_tuples([COLUMNS[column] for column in shown]), axis=1)
    return named.rename_axis(index=None).style.format("{:.2f}", na_rep="–")


def of_all_seeds(table: pd.DataFrame, fixed: Sequence[str], seeds: Sequence[int]) -> pd.DataFrame:
    """Rows of the methods `fixed`, which have no training seed, beside every seed; the others as they are."""
    still = table["method"].isin(list(fixed))
    again = table[still].drop(columns="seed").merge(pd.DataFrame(dict(seed=list(seeds))), how="cross")
    return pd.concat([table[~still], again], ignore_index=True).astype(dict(seed=int))


def shares_of(pictures: pd.DataFrame, plain: Mapping[str, str]) -> pd.DataFrame:
    """A row a method, concept and training seed: K, C, B and CLIP's two scores."""
    by = ["method", "concept", "seed"]
    parts = [summarise(rows, plain[name], by=by) for name, rows in pictures.groupby("concept", sort=False)]
    scores = pd.concat(parts, ignore_index=True).reindex(columns=[*by, *SCORES])  # without a context, no editability
    return outcomes(pictures, plain, by=by).merge(scores, on=by, validate="one_to_one")
