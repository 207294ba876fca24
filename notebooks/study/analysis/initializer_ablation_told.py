"""What the page on first words says of its outcome, in words and tables."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from study.analysis import initializer_ablation as analysis
from study.analysis.initializer_ablation import MEASURES, NEGLIGIBLE
from study.analysis.initializer_apart import CALLED, remains, word_against_seed
from study.scores import SCORES
from study.truth import KEPT, NO_ORACLE, agreement_said
from study.wording import FEWEST_CONCEPTS, counted, in_words, percent
from textinv_core.evaluation.stats import Interval


def told(
    apart: pd.DataFrame,  # from `pairs_apart`
    final: pd.DataFrame,  # the summary by role, at the last step
    contrasts: pd.DataFrame,
    log: pd.DataFrame,  # by role
    left: pd.DataFrame,  # from `left_over`
    agreed: pd.DataFrame,  # from `truth.agreement`
    *,
    first: str,  # the concept that the poster's pair is compared on
    called: str,  # how a sentence calls it
    words: Mapping[str, str],  # role -> its first word
    oracle: bool,
    model: str,
) -> dict[str, str]:
    """What the prose quotes, by its key."""
    last, own = int(final["step"].max()), final[final["concept"] == first]
    against_seed, pair = word_against_seed(apart, "other", last), analysis.of_pair(own)
    verdict, why = analysis.answer(against_seed, last)
    between = f"“{words['other']}” instead of “{words['own']}”" if "other" in words else "another word"
    varies, why_varies = analysis.variability_answer(own, pair["variability"], between, called)
    before = word_against_seed(apart, "other", 0)["words"].estimate
    way = log[log["step"] == last].groupby("role")["travelled"].mean()
    scores = [analysis.compared(value, pair[value]) for value in (KEPT if oracle else SCORES)]
    return dict(
        verdict=verdict,
        verdict_variability=varies,
        takes_variability=analysis.variability_takes(own, pair["variability"]),
        verdict_short=short(verdict, varies, model),
        why=why,
        why_variability=why_varies,
        judged="The oracle judges here." if oracle else NO_ORACLE,
        agreement=agreement_said(agreed),
        negligible=percent(NEGLIGIBLE),
        fewest=f"{analysis.FEWEST}",
        fewest_concepts=f"{FEWEST_CONCEPTS}",
        last=f"{last}",
        smallest_p=f"{2.0 ** (1 - final['concept'].nunique()):.2g}",
        pair_scores=" and ".join(scores),
        clear_contrasts=clear_said(*analysis.clear_contrasts(contrasts)),
        apart_start=f"{before:.3f}" if np.isfinite(before) else "–",
        far_words=in_words(word_against_seed(apart, "far", last)["excess"]),
        way_own=f"{way['own']:.2f}",
        way_far=f"{way['far']:.2f}",
        met=analysis.meeting(against_seed),
        left_own=left_said(left, "own"),
        left_far=left_said(left, "far"),
    )


def short(verdict: str, varies: str, model: str) -> str:
    """The answer in two sentences: whether the first word matters, and whether it changes how much pictures vary."""
    exchanged = "exchanged for a neighbour, it changes the pictures"
    matters = {
        "supported": f"the first word matters: {exchanged} more than another training seed does",
        "not supported": f"the first word hardly matters: {exchanged} little more than another training seed does, or less",
        "undecided": "whether the first word matters is not decided",
    }
    vary = {
        "supported": "It changes how much the pictures of one word vary.",
        "not supported": "How much the pictures of one word vary hardly depends on it.",
        "undecided": "Whether it changes how much the pictures of one word vary is left open.",
    }
    return f"On {model}, {matters[verdict]}. {vary[varies]}"


def clear_said(tested: int, clear: Sequence[str]) -> str:
    """How many of the tested differences have an interval clear of zero, and which, in a sentence."""
    if not tested:
        return "No difference in scores over all concepts could be tested."
    of = f"of the {tested} tested differences in scores over all concepts"
    if not clear:
        return f"None {of} has an interval clear of zero."
    return (
        f"O{of[1:]}, {len(clear)} {'has' if len(clear) == 1 else 'have'} an interval clear of zero: {'; '.join(clear)}."
    )


def left_said(left: pd.DataFrame, role: str) -> str:
    """What a word's pictures have of it at the start and at the end, in words."""
    begun, end = remains(left, role)
    return f"{begun:+z.3f} at the start, at the end {in_words(end)}"


def claims(said: Mapping[str, str], excess: Interval, varies: Interval, *, noises: int) -> list[dict]:
    """The poster's two claims for the record, from what `told` says; excess: of words over seeds."""
    size = f"{counted(excess.concepts, 'concept')}, {counted(excess.seeds, 'pair')} of words"
    matters = dict(
        words="the choice of the initializer word matters",
        test="distance of pictures from the same noise: own v. other word, same training seed, minus two training seeds "
        "of the own word; less than half as much more counts as none; concepts and seeds resampled",
        result=said["why"],
        n=f"{size}, {counted(noises, 'picture')} each",
        verdict=said["verdict"],
    )
    vary = dict(
        words="building and tower as initializers give pictures of different variability",
        test="1 − cosine between pictures of one word, other minus own word, first concept, paired by training seed; "
        f"below {NEGLIGIBLE:.0%} of the own word’s counts as none",
        result=said["why_variability"],
        n=f"1 concept, {varies.seeds} training seeds, {noises} pictures each",
        verdict=said["verdict_variability"],
        takes=said["takes_variability"],
    )
    return [dict(source="poster, Fig. 3", primary=True) | claim for claim in (matters, vary)]


def contrast_table(table: pd.DataFrame):
    """The contrasts as a page shows them."""
    named = table.assign(measure=table["measure"].map(MEASURES), role=table["role"].map(CALLED) + " − own word")
    kept = named.set_index(["measure", "role"])[["estimate", "low", "high", "concepts", "pairs", "p", "p_holm"]]
    kept = kept.rename(columns={"estimate": "difference", "p_holm": "p (Holm)"}).astype(float, errors="ignore")
    forms = dict.fromkeys(("difference", "low", "high"), "{:+z.3f}") | dict.fromkeys(("p", "p (Holm)"), "{:.3f}")
    return kept.style.format(forms | dict.fromkeys(("concepts", "pairs"), "{:.0f}"), na_rep="–")


def nearest_table(
    near: Mapping[tuple[str, str], list[tuple[str, float]]],  # concept, role -> ordinary words and their cosines
    starts: Mapping[str, Mapping[str, str]],  # concept -> role -> first word
    labels: Mapping[str, str],
):
    """Which ordinary words learned rows are closest to, as a page shows them."""
    rows = []
    for (name, role), words in near.items():
        said = ", ".join(f"{word} ({cosine:.2f})" for word, cosine in words)
        first = {"concept": labels[name], "first word": starts[name][role], "which is the": CALLED[role]}
        rows.append(first | {"nearest words": said})
    return pd.DataFrame(rows).style.hide(axis="index")
