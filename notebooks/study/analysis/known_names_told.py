"""What the page on known names says, in words: the rank of the true name, and how often pictures come out right."""

import pandas as pd

from study.analysis.known_names import KL, SD, SMALLEST_COSINE, TI, TRUE
from study.contrasts import verdicts_said
from study.truth import SMALLEST_SHARE
from study.wording import percent

MOVED = {
    "supported": "Training moved the row toward it.",
    "not supported": "Training did not move the row toward it.",
    "undecided": "Whether training moved the row toward it is undecided.",
}
NO_RANK = "the true names are no single words of this model’s vocabulary, so they have no rank"


def answer(where: pd.DataFrame, vocabulary: int, moved: str) -> str:
    """The page's answer, after the model's name; moved: the verdict on whether the row came nearer to the name."""
    said = ranks_said(where, vocabulary)
    return f"{said}." if said == NO_RANK else f"{said}. {MOVED[moved]}"


def ranks_said(where: pd.DataFrame, vocabulary: int) -> str:
    """The rank of the true name among the words nearest to the naive row, in words."""
    ranks = where[where["method"] == TI].groupby("concept")["rank"].median().dropna()
    if ranks.empty:
        return NO_RANK
    near = round(ranks.median())
    return f"of {vocabulary} words, the true name is the {f'{ordinal(near)} ' * (near > 1)}nearest to the learned row"


def firsts_said(where: pd.DataFrame) -> str:
    """How often the true name is the nearest word of all, in words."""
    ranks = where[where["method"] == TI]["rank"].dropna()
    return percent((ranks == 1).mean()) if len(ranks) else "an unknown share"


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `13th`."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number % 100 not in (11, 12, 13) else "th"
    return f"{number}{ending}"


def rates_said(shares: pd.DataFrame, value: str) -> str:
    """A share of pictures, method by method, in words."""
    means = shares.groupby(["method", "concept"])[value].mean().groupby("method").mean().dropna()
    said = (f"{method} {percent(means[method])}" for method in (TRUE, TI, KL, SD) if method in means)
    return ", ".join(said) or "known by CLIP only"


def told(
    where: pd.DataFrame, shares: pd.DataFrame, primary: pd.DataFrame, vocabulary: int, model: str
) -> dict[str, str]:
    """What the page quotes of its results; primary: of `contrasts.decided`, model: how a sentence calls it."""
    return verdicts_said(primary) | dict(
        verdict_short=f"On {model}, {answer(where, vocabulary, primary.at['toward', 'verdict'])}",
        ranks=ranks_said(where, vocabulary),
        first=firsts_said(where),
        by_chance=f"{(vocabulary + 1) / 2:.0f}",  # the mean rank of a word that nobody aimed at
        kept=rates_said(shares, "K"),
        both=rates_said(shares, "B"),
        smallest=f"{SMALLEST_SHARE:g}",
        smallest_cosine=f"{SMALLEST_COSINE:g}",
    )
