"""All that the page on leashes compares, at once: its tables, its contrasts with their controls, its verdicts."""

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

from study.analysis import kl_tradeoff as curves
from study.analysis import kl_tradeoff_claims as decide
from study.analysis.kl_tradeoff import BY_ORACLE, Reading
from study.analysis.kl_tradeoff_claims import Contrasts
from study.scores import SETTING
from textinv_core.evaluation.stats import Interval


class Compared(NamedTuple):
    """Tables for the figures and the records, contrasts for the prose, and what is decided of them."""

    primary: pd.DataFrame  # a row per primary contrast
    found: Contrasts  # the same as intervals
    others: pd.DataFrame  # a row per contrast that stands beside them
    size: int  # settings that each leash is cut down to at equal likeness
    likeness: pd.DataFrame  # each front at equal likeness, so cut down
    pull: pd.DataFrame  # each curve at an equal pull
    agreement: pd.DataFrame  # the drawn curves against single fronts
    spread: pd.DataFrame  # how far apart training seeds end
    beside: dict[str, Interval]  # KL and its control, minus the naive word
    contexts: pd.DataFrame  # a row per context
    answer: dict[str, str]  # the verdicts


def compare(
    results: pd.DataFrame,  # of the reported concepts, from `of_the_naive`
    pictures: pd.DataFrame,  # a row each; those of other concepts are left out
    phrases: Mapping[str, Mapping[str, str]],  # concept -> prompt -> what its context is called
    reading: Reading,
    weight: float,  # of the one KL word that single comparisons use
    level: float,  # where leashes are compared: the share of the naive word's gain, and of its way
    *,
    safe: bool,  # the weight was chosen on other concepts, and not at its grid's edge
) -> Compared:
    """The primary contrasts, what stands beside them, and the verdicts."""
    single = decide.at_the_weight(results, weight, reading.kept)
    likeness, pull = (f(results, reading, level) for f in (curves.at_equal_likeness, curves.at_equal_pull))
    size, fair = curves.at_equal_size(results, reading, level)
    primary, found = decide.primary_contrasts(single, fair, pull, reading)
    spread = decide.spread_over_seeds(results, reading)
    beside = decide.differences(single, decide.with_control(spread, single), reading)
    seen = "context_seen" if reading is BY_ORACLE else "text_deleted"
    own = pictures[pictures["concept"].isin(results["concept"])]
    contexts = decide.by_context(own, phrases, weight, seen)
    return Compared(
        primary=primary,
        found=found,
        others=decide.contrast_rows(decide.other_contrasts(likeness, pull)),
        size=size,
        likeness=fair,
        pull=pull,
        agreement=curves.drawn_against_single(results, likeness, reading, level),
        spread=spread,
        beside=beside,
        contexts=contexts,
        answer=decide.answers(found, primary, beside, contexts, reading.context, safe=safe),
    )


def at_places(pictures: pd.DataFrame, anchors: pd.DataFrame, plain: Mapping[str, str]) -> pd.DataFrame:
    """`read` for the pictures of every place by themselves: a row per place and setting."""
    if pictures.empty:
        return pd.DataFrame(columns=["place", *SETTING])
    parts = {place: curves.read(own, anchors, plain) for place, own in pictures.groupby("place", sort=False)}
    return pd.concat(parts, names=["place"]).reset_index("place").reset_index(drop=True)
