"""What the page on training seeds says of its outcome, in words."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from study.analysis.seed_ablation import CALLED, FEWEST, OF, Apart, answer, as_percent, range_and_gain
from study.truth import NO_ORACLE, SAID, agreement_said
from study.wording import FEWEST_CONCEPTS, about, by_side, counted, in_words, percent, would_take
from textinv_core.evaluation.stats import Interval


def told(
    shares: Mapping[str, Interval],  # outcome -> the training seed's share of its variance
    summary: pd.DataFrame,
    apart: Apart,
    pairs: pd.DataFrame,  # from `rows_apart`
    agreed: pd.DataFrame,  # from `truth.agreement`
    *,
    oracle: bool,
    mark: float,  # the share that counts as substantial
    model: str,  # as a sentence calls it
) -> dict[str, str]:
    """What the prose quotes, by its key."""
    asked, last = asked_of(shares, oracle=oracle), int(summary["step"].max())
    verdict, why = answer(shares[asked], mark, asked)
    spanned, half, gain = range_and_gain(summary, asked)
    beside = [f"{CALLED.get(s, s)} {as_percent(share)}" for s, share in shares.items() if s != asked]
    at_end = pairs[pairs["step"] == last].set_index("measure")
    plain = apart.table[apart.table["prompt"] == "plain prompt"].set_index("differs")["estimate"]
    between, within = (f"{plain[what]:.3f}".replace("nan", "–") for what in ("seeds", "noises"))
    return dict(
        verdict=verdict,
        verdict_short=short(shares[asked], asked, verdict, model),
        why=why,
        judged="The oracle judges here." if asked == "K" else NO_ORACLE,
        agreement=agreement_said(agreed),
        asked=f"the share of pictures in which {SAID['K']}" if asked == "K" else asked,
        beside="; ".join(beside),
        substantial=percent(mark),
        fewest=f"{FEWEST}",
        fewest_concepts=f"{FEWEST_CONCEPTS}",
        independent=f"{np.sqrt(2):.1f}",
        among=among(summary),
        last=f"{last}",
        half=f"{half}",
        range=f"{spanned:.3f}",
        gain=in_words(gain),
        takes=about(would_take(shares[asked], mark)),
        wider="wider than" if spanned > gain.estimate else "narrower than",
        against=by_side(apart.ratios["plain prompt"], "more", "less", "neither clearly more nor clearly less", 1.0),
        ratio=in_words(apart.ratios["plain prompt"], ".2f"),
        ratio_context=in_words(apart.ratios["in context"], ".2f"),
        between=between,
        within=within,
        cosine=in_words(at_end.loc["cosine"], ".2f"),
        relative=in_words(at_end.loc["relative"], ".2f"),
    )


def asked_of(shares: Mapping[str, Interval], *, oracle: bool) -> str:
    """The outcome that decides: K, or without an oracle CLIP's reconstruction."""
    return "K" if oracle and "K" in shares else "reconstruction"


def among(summary: pd.DataFrame) -> str:
    """Of how many concepts and seeds a page speaks."""
    concepts, seeds = (summary[column].nunique() for column in ("concept", "seed"))
    return f"{counted(concepts, 'concept')}, {counted(seeds, 'training seed')}"


def short(share: Interval, of: str, verdict: str, model: str) -> str:
    """The answer in two sentences; of: what varies, an outcome of `OF`."""
    if not np.isfinite(share.estimate):
        return f"On {model}, this run does not tell what another training seed changes."
    part = percent(min(1, max(0, share.estimate)))
    substantial = "the substantial difference of which the poster speaks"
    said = {
        "supported": f"That is {substantial}.",
        "not supported": f"That is not {substantial}.",
        "undecided": f"Whether that is {substantial} is not decided.",
    }
    return f"On {model}, the training seed explains {part} of the differences in {OF[of]}. {said[verdict]}"


def claim(said: Mapping[str, str], asked: str, *, noises: int) -> dict:
    """The poster's claim for the record, from what `told` says; noises: pictures a prompt."""
    return dict(
        source="poster, Fig. 4",
        words="the training seed makes a substantial difference",
        test=f"share of the variance of {OF[asked]} that the training seed explains, against "
        f"{said['substantial']}; concepts and seeds resampled",
        result=said["why"],
        n=f"{said['among']}, {noises} noises",
        verdict=said["verdict"],
        primary=True,
        takes=said["takes"],
    )
