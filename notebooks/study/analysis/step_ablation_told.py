"""What the page on length of training says of its outcome, in words."""

from collections.abc import Mapping

import pandas as pd

from study.analysis.step_ablation import (
    Outcome,
    Peak,
    against_outside,
    answer,
    changes,
    peak_of,
    plateau,
    share_within,
    sides_decided,
)
from study.scores import EDITABILITY
from study.truth import NO_ORACLE, SMALLEST_SHARE, agreement_said
from study.wording import FEWEST_CONCEPTS, counted, listed, percent

CHANGED = {"kept": "K", "context": "C", "both": "B", "reconstruction": "reconstruction", "editability": EDITABILITY}
AS_GOOD = {"before": "stopping earlier", "after": "training longer"}


def told(
    judged: Outcome,
    summary: pd.DataFrame,
    scaled: pd.DataFrame,  # from `balanced`
    log: pd.DataFrame,
    agreed: pd.DataFrame,  # from `truth.agreement`
    *,
    poster: tuple[int, int],  # the steps that it calls the best
    model: str,  # as a sentence calls it
) -> dict[str, str]:
    """What the prose quotes, by its key."""
    last = int(summary["step"].max())
    peak, near = peak_of(judged.table, judged.value), plateau(judged.table, judged.value, SMALLEST_SHARE)
    gains = against_outside(judged.table, judged.value, *poster)
    verdict, why = answer(peak, gains, *poster, judged.of)
    end, change = log[log["step"] == last], changes(summary, list(CHANGED.values()))
    return dict(
        verdict=verdict,
        verdict_short=short(near, sides_decided(gains), last, model),
        why=why,
        poster_range=f"{poster[0]} to {poster[1]}",
        agreement=agreement_said(agreed),
        judged="The oracle judges here." if judged.value == "B" else NO_ORACLE,
        fewest_concepts=f"{FEWEST_CONCEPTS}",
        points=percent(SMALLEST_SHARE),
        clip_peak=at_step(peak_of(scaled, "balance")),
        plateau=f"from step {near[0]} to step {near[1]}" if near else "nowhere",
        inside=percent(share_within(peak, *poster)),
        n_usable=f"{scaled.dropna(subset=['R'])['concept'].nunique()}",
        last=f"{last}",
        norm_last=f"{end['norm_ratio'].mean():.2f}",
        cosine_last=f"{end['cos_initial'].mean():.2f}",
    ) | {f"change_{key}": change[value] for key, value in CHANGED.items()}


def short(near: tuple[int, int] | None, sides: Mapping[str, str], last: int, model: str) -> str:
    """The answer in two sentences; near: where the outcome is within the smallest effect of its best.

    sides: the verdicts that it is worse just before the poster's range, and after it.
    """
    if not near:
        return f"On {model}, the pictures of this run do not tell how long one should train."
    until = "on" if near[1] == last else f"to step {near[1]}"
    as_good = [AS_GOOD[side] for side, verdict in sides.items() if verdict == "not supported"]
    if as_good:
        lies = f"{listed(as_good).capitalize()} than the poster says {'do' if as_good[1:] else 'does'} as well."
    elif set(sides.values()) == {"supported"}:
        lies = "Less than the poster says is worse, and so is more."
    else:
        lies = "Whether the best results lie where the poster says is not decided."
    return f"On {model}, a learned word draws about as well as it ever will from step {near[0]} {until}. {lies}"


def at_step(peak: Peak | None) -> str:
    """Where a peak lies, in words."""
    return f"at step {peak.interval.estimate}" if peak else "nowhere"


def claim(said: Mapping[str, str], judged: Outcome, *, seeds: int, pictures: int) -> dict:
    """The poster's claim for the record, from what `told` says; seeds of training, pictures a prompt."""
    size = counted(judged.table["concept"].nunique(), "concept"), counted(seeds, "training seed")
    return dict(
        source="poster, Fig. 2",
        words="the best results lie between 1000 and 3500 steps",
        test=f"{judged.of}: within these steps minus just before, and minus after; concepts and seeds resampled",
        result=said["why"],
        n=f"{', '.join(size)}, {counted(pictures, 'picture')} a prompt",
        verdict=said["verdict"],
        primary=True,
    )
