"""What the page on ranking says of its contrasts, in words."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from study.analysis.harmony import NEW, PICKERS, RANDOM, RAW, SCORES, SMALLEST, Contrasts, Enough
from study.wording import FEWEST_CONCEPTS, counted, in_words, percent, verdict_of_all
from textinv_core.evaluation.metrics import SMALLEST_NULL
from textinv_core.evaluation.stats import Interval


def outcome(each: Mapping[tuple[str, str, str], str], score: str, measure: str) -> str:
    """Of a score that is to be better than all its rivals."""
    return verdict_of_all(v for (s, m, _), v in each.items() if (s, m) == (score, measure))


def rivals(each: Mapping[tuple[str, str, str], str], score: str, measure: str, answer: str) -> str:
    """The rivals of which that is the verdict, in words."""
    named = SCORES | {RANDOM: "a random pick"}
    some = [named[base] for (s, m, base), v in each.items() if (s, m, v) == (score, measure, answer)]
    return ", ".join(some) or "none"


def margins(found: Contrasts, score: str, measure: str) -> str:
    """A score minus each rival, in words."""
    some = {base: c for (s, m, base), c in found.items() if (s, m) == (score, measure)}
    return "; ".join(f"− {SCORES.get(base, base)} {in_words(c)}" for base, c in some.items())


def named_before() -> dict[str, str]:
    """What the page names before its results: who is to be beaten, by how much, and what it takes to say so."""
    return dict(
        raw_rivals=", ".join(SCORES[r] for r in RAW),
        pick_rivals=", ".join(SCORES.get(r, "a random pick") for r in PICKERS),
        smallest_auc=f"{SMALLEST['auc']:g}",
        smallest_best=f"{SMALLEST['best']:g}",
        smallest_null=f"{SMALLEST_NULL}",
        fewest=f"{FEWEST_CONCEPTS}",
    )


def answered(shares: pd.DataFrame, each: Mapping[tuple[str, str, str], str]) -> str:
    """The page's answer in two sentences, after the model's name; shares: from `in_order`."""
    known = shares.set_index("score")["estimate"]
    if not np.isfinite(known["harmony"]):
        return "there are no pictures of known order, so nothing is decided; the batch below is ranked all the same"
    own, plain = percent(known["harmony"]), percent(known["raw_sum"])
    lead = f"harmony puts {own} of the pairs of a right and a wrong picture in order, the plain sum of cosines {plain}"
    said = {
        "supported": "It is better than every raw combination of the two cosines",
        "not supported": "It is not better than every raw combination of the two cosines",
        "undecided": "Whether it is better than every raw combination of the two cosines stays open",
    }
    return f"{lead}. {said[outcome(each, 'harmony', 'auc')]}"


def trap_told(order: pd.DataFrame, trap: str, scores: Sequence[str] = (*NEW, "raw_sum", "text")) -> str:
    """How often a right picture ranks above a trap, by score, in words."""
    means = {s: order.loc[order["score"] == s, trap].mean() for s in scores}
    return ", ".join(f"{SCORES[s]} {percent(m, '–')}" for s, m in means.items())


def numbers(
    model: str,
    shares: Mapping[str, pd.DataFrame],  # from `harmony.in_order`: the known order (auc) and the traps
    order: pd.DataFrame,  # of the reported concepts, by the page's judge
    truth: pd.DataFrame,  # from `harmony.in_order` of the agreement
    each: Mapping[tuple[str, str, str], str],
    there: Enough,
    cases: int,  # constructed pictures
    prompts: int,  # of each concept
) -> dict[str, str]:
    """What the page quotes: its answer, AUCs and traps by score, agreement with the truth, rivals beaten and not."""
    aucs = {row.score: Interval(row.estimate, row.low, row.high, {}) for row in shares["auc"].itertuples()}
    said = {f"auc_{s}": in_words(aucs[s], ".3f") for s in (*NEW, "raw_sum")}
    said |= {f"{new}_beats": rivals(each, new, "auc", "supported") for new in NEW}
    said |= {f"{new}_loses": rivals(each, new, "auc", "not supported") for new in NEW}
    traps = dict(empty="empty", smear="smear", pasted="training picture")
    said |= {f"{key}_told": trap_told(order, trap) for key, trap in traps.items()}
    answers = dict(verdict=("harmony", "auc"), verdict_best=("harmony", "best"), verdict_accord=("accord", "auc"))
    said |= {key: outcome(each, *which) for key, which in answers.items()}
    agreed = [f"{SCORES[r.score]} {percent(r.estimate, '–')}" for r in truth.itertuples()]
    concepts = order["concept"].nunique()
    known = {s: auc.estimate for s, auc in aucs.items() if np.isfinite(auc.estimate)}
    return said | dict(
        leader=SCORES[max(known, key=known.get)] if known else "none: no order is known",
        verdict_short=f"On {model}, {answered(shares['auc'], each)}.",
        truth_told=", ".join(agreed),
        accepted_told=there.told,
        n_concepts=f"{concepts}",
        n_tested=f"{prompts}",
        n_cases=f"{cases}",
        sizes=f"{counted(concepts, 'concept')}, {prompts} prompts each, {counted(cases, 'picture')}",
    )


def contrast_table(table: pd.DataFrame):
    """All contrasts as a page shows them."""
    named = SCORES | {RANDOM: "random pick"}
    shown = table.assign(rival=table["rival"].map(lambda r: f"− {named[r]}"))
    shown = shown.assign(measure=shown["measure"].map({"auc": "known order (AUC)", "best": "best of N"}))
    forms = {k: "{:+z.3f}" for k in ("difference", "low", "high")} | {"p": "{:.3f}", "p_holm": "{:.3f}"}
    return shown.set_index(["score", "measure", "rival"]).rename_axis([None] * 3).style.format(forms, na_rep="–")


def rows_called(rows: pd.DataFrame) -> list[str]:
    """What contrasts are called beside a figure."""
    named = SCORES | {RANDOM: "random pick"}
    return [f"− {named[r.rival]}{' (AUC)' if r.measure == 'auc' else ''}" for r in rows.itertuples()]


def claims(found: Contrasts, each: Mapping[tuple[str, str, str], str], there: Enough, of: str) -> list[dict]:
    """The study's own claims for the record: words, test, result, n and verdict; of: what known order rests on."""
    rule = "supported if every contrast is, not supported if one is not"
    auc = dict(test=f"AUC over pictures of known order; {rule}", n=of)
    best = dict(
        test=f"share of picks that the oracle accepts, largest N; {rule}",
        n=f"{counted(there.concepts, 'concept')}, open batches: {there.open}, accepted pictures: {there.accepted}",
    )
    better = "{} ranks pictures better than any raw combination of the two cosines"
    picks = "the picture that harmony picks is more often right"
    rows = [("harmony", "auc", better.format("harmony"), auc), ("harmony", "best", picks, best)]
    return [
        dict(
            source=f"this study, {score}",
            words=words,
            result=there.told if measure == "best" and not there.enough else margins(found, score, measure),
            verdict=outcome(each, score, measure),
            primary=score == "harmony",
            **how,
        )
        for score, measure, words, how in [*rows, ("accord", "auc", better.format("accord"), auc)]
    ]
