"""The table of methods and its four primary contrasts: rates and scores by method, what is decided and how it is said."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from study.scores import SCORES, score_columns
from study.truth import NO_ORACLE, POINTS
from study.wording import counted, in_words, opposite, percent, side, verdict
from textinv_core.evaluation.metrics import summarise
from textinv_core.evaluation.stats import Interval, holm, mean_interval, paired_differences, paired_interval

SD, TI, KL, DB, TRUE, COPY = "SD", "SD + TI", "SD + TI + KL", "DreamBooth", "true name", "image-only"
EDITABILITY = "text_deleted"  # of single pictures, the paper's reading: placeholder deleted
ORACLE = {
    "concept_seen": ("oracle", "concept (K)"),
    "context_seen": ("oracle", "context (C)"),
    "both_seen": ("oracle", "both (B)"),
}
SPOKEN = {"reconstruction": "reconstruction", EDITABILITY: "editability"}
SPOKEN |= {value: said for value, (_, said) in ORACLE.items()}
SMALLEST = dict.fromkeys(("reconstruction", EDITABILITY), 0.01) | dict.fromkeys(ORACLE, POINTS)  # effects of interest
ALONE = ("reconstruction", "concept_seen")  # asked of pictures of the plain prompt, the others of those with a context
PAIR = ("concept", "seed", "prompt", "image")
POSTER = {  # key -> new, base, value, named direction, whether all concepts are used or the reporting ones
    "ti_reconstruction": (TI, SD, "reconstruction", "greater", True),
    "ti_editability": (TI, SD, EDITABILITY, "less", True),
}
BY_ORACLE = POSTER | {
    "kl": (KL, TI, "both_seen", "greater", False),
    "kl_beside": (KL, TI, "context_seen", "greater", False),
}
BY_CLIP = POSTER | {
    "kl": (KL, TI, EDITABILITY, "greater", False),
    "kl_beside": (KL, TI, "reconstruction", "two-sided", False),
}
CLAIMS = {  # key -> document, its words
    "ti_reconstruction": ("poster, Table 1", "reconstruction rises from 0.7622 to 0.8077 with Textual Inversion"),
    "ti_editability": ("poster, Table 1", "editability falls from 0.2639 to 0.1611 with Textual Inversion"),
    "kl": ("research note", "the KL term is more stable and keeps the meaning of the sentence"),
}
MEASURES = score_columns("editability, {}") | ORACLE
SEES = {
    "concept_seen": "the concept, in pictures of the plain prompt",
    "context_seen": "the context, where one is asked for",
    "both_seen": "both at once",
}


def by_method(scores: pd.DataFrame, plain: Mapping[str, str], first_seed: int) -> pd.DataFrame:
    """One row per method, concept and training seed: all scores, and the oracle's three rates.

    What has no training seed stands under the first. The concept is asked of pictures of the plain prompt, the
    context and both of those with a context.
    """
    summaries = []
    for name, rows in scores.fillna({"seed": first_seed}).groupby("concept", sort=False):
        one = summarise(rows, plain[name], by=("method", "concept", "seed"))
        for value in ORACLE:
            use = rows["is_plain"] if value in ALONE else ~rows["is_plain"]
            rate = rows[use].groupby(["method", "seed"])[value].mean()
            one[value] = [rate.get(key, np.nan) for key in one[["method", "seed"]].itertuples(index=False, name=None)]
        summaries.append(one)
    return pd.concat(summaries, ignore_index=True)


def of_prompts(paired: pd.DataFrame, value: str, among: Sequence[str]) -> pd.DataFrame:
    """The pictures that a value speaks of: likeness of those of the plain prompt, editability of the others."""
    return paired[paired["concept"].isin(among) & (paired["is_plain"] == (value in ALONE))]


def primary_contrasts(
    paired: pd.DataFrame,
    names: Sequence[str],
    reported: Sequence[str],
    asked: Mapping[str, tuple] = BY_ORACLE,  # or BY_CLIP, on a model without an oracle
) -> tuple[pd.DataFrame, dict[str, Interval], dict[str, dict[str, float]]]:
    """The four contrasts by key: a row each, its interval, and each concept's mean difference."""
    rows, found, each = [], {}, {}
    for key, (new, base, value, direction, everyone) in asked.items():
        own, sides = of_prompts(paired, value, names if everyone else reported), dict(arm="method", new=new, base=base)
        change, each[key] = paired_interval(own, value, alternative=direction, pair=PAIR, **sides), {}
        if change.n:
            differences = paired_differences(own, value, pair=PAIR, **sides)
            each[key] = differences.groupby("concept", sort=False)["difference"].mean().to_dict()
        row = dict(key=key, new=new, base=base, value=value, change=change.estimate, low=change.low, high=change.high)
        row |= dict(
            said=in_words(change), sign=side(change), alternative=direction, concepts=change.concepts, p=change.p
        )
        rows.append(row)
        found[key] = change
    table = pd.DataFrame(rows).set_index("key")
    # A test that could not be made counts as one of the four all the same.
    table["p_holm"] = np.where(table["p"].notna(), holm(table["p"].fillna(1.0)), np.nan)
    return table, found, each


def verdicts(table: pd.DataFrame, found: Mapping[str, Interval]) -> dict[str, str]:
    """Of the three claims, each in its direction: reconstruction rises, editability falls, the KL term keeps both."""
    claimed = {key: found[key] for key in CLAIMS}
    claimed["ti_editability"] = opposite(claimed["ti_editability"])
    return {
        key: verdict(interval, p=table.at[key, "p_holm"], smallest=SMALLEST[table.at[key, "value"]])
        for key, interval in claimed.items()
    }


def contrasts_said(table: pd.DataFrame, level: float) -> tuple[dict[str, str], dict[str, str]]:
    """What each contrast does, in words; and what its test gave."""
    moved = {1: "rises", -1: "falls", 0: "does not clearly change"}
    said, tests = {}, {}
    for key, row in table.iterrows():
        told = moved[row["sign"]] if np.isfinite(row["low"]) else "cannot be judged"
        if row["sign"] and not row["p_holm"] <= level:
            told += ", by its interval though not after Holm’s correction"
        said[key] = f"{told}: {row['said']}" if np.isfinite(row["change"]) else "is not defined"
        of = counted(row["concepts"], "concept")
        known = np.isfinite(row["p_holm"])
        tests[key] = f"Holm-corrected p {row['p_holm']:.3f}, {of}" if known else f"no test over {of}"
    return said, tests


def names_of(table: pd.DataFrame) -> list[str]:
    """What each contrast is called beside a figure."""
    return [f"{row.new} − {row.base}\n{SPOKEN[row.value]}" for row in table.itertuples()]


def claim_rows(table: pd.DataFrame, verdicts: Mapping[str, str], tests: Mapping[str, str], sizes: str) -> list[dict]:
    """The claims with what was measured, what came out and of how many."""
    test = "paired difference by concept, training seed, prompt and noise; sign-flip test over concepts, Holm over four"
    return [
        dict(
            source=source,
            words=words,
            test=f"{table.at[key, 'new']} minus {table.at[key, 'base']}, {SPOKEN[table.at[key, 'value']]}; {test}",
            result=f"{table.at[key, 'said']}; {tests[key]}",
            n=f"{counted(table.at[key, 'concepts'], 'concept')}, {sizes}",
            verdict=verdicts[key],
        )
        for key, (source, words) in CLAIMS.items()
    ]


def contrast_table(table: pd.DataFrame):
    """The primary contrasts as a page shows them."""
    shown = table.assign(contrast=table["new"] + " − " + table["base"], measure=table["value"].map(SPOKEN))
    columns = ["contrast", "measure", "said", "concepts", "alternative", "p", "p_holm"]
    shown = shown[columns].set_index(["contrast", "measure"])
    shown.columns = ["difference", "concepts", "tested for", "p", "p, Holm"]
    return shown.style.format({"p": "{:.3f}", "p, Holm": "{:.3f}"}, na_rep="–")


def numbers_of(summary: pd.DataFrame, methods: Sequence[str], reported: Sequence[str], named=()) -> pd.DataFrame:
    """One row per method and measure: mean over the reporting concepts and its interval over concepts and seeds.

    The true name is that of the `named` concepts, whom the model knows already.
    """
    rows = []
    for method in methods:
        own = summary[(summary["method"] == method) & summary["concept"].isin(named if method == TRUE else reported)]
        for value, (group, kind) in MEASURES.items():
            found = mean_interval(own, value, ["concept", "seed"])
            bounds = f" [{found.low:.3f}, {found.high:.3f}]" if np.isfinite(found.low) else ""
            said = f"{found.estimate:.3f}{bounds}" if found.n else "–"
            row = dict(method=method, value=value, measure=group, kind=kind, said=said)
            rows.append(row | dict(mean=found.estimate, low=found.low, high=found.high))
    return pd.DataFrame(rows)


def number_table(numbers: pd.DataFrame):
    """All of them, a column a method, as a page shows them; measures that no method has are left out."""
    methods = list(dict.fromkeys(numbers["method"]))
    wide = numbers.pivot(index=["measure", "kind"], columns="method", values="said")
    wide = wide.reindex(list(MEASURES.values()))[methods]
    return wide[(wide != "–").any(axis=1)].rename_axis(index=[None, None], columns=None).style


def points(summary: pd.DataFrame, reported: Sequence[str]) -> pd.DataFrame:
    """Method and concept: both scores, mean over training seeds."""
    own = summary[summary["concept"].isin(reported)]
    return own.groupby(["method", "concept"])[list(SCORES)].mean()


def beside(paired: pd.DataFrame, reported: Sequence[str]) -> str:
    """DreamBooth minus the learned word, in words."""
    if not (paired["method"] == DB).any():
        return "DreamBooth was left out of this run"
    sides = dict(arm="method", new=DB, base=TI, pair=PAIR)
    found = {value: paired_interval(of_prompts(paired, value, reported), value, **sides) for value in SPOKEN}
    told = "; ".join(f"{SPOKEN[value]} {in_words(change)}" for value, change in found.items() if change.n)
    return f"DreamBooth minus SD + TI, from one training seed each: {told}"


def oracle_said(numbers: pd.DataFrame) -> str:
    """What the oracle finds in each method's pictures, in words."""
    rates = numbers[numbers["value"].isin(list(ORACLE)) & numbers["mean"].notna() & (numbers["method"] != COPY)]
    found = []
    for kind, own in rates.groupby("value", sort=False):
        shares = (f"{method} {100 * share:.0f} %" for method, share in zip(own["method"], own["mean"], strict=True))
        found.append(f"{SEES[kind]}: {', '.join(shares)}")
    return f"The oracle finds {'; '.join(found)}." if found else NO_ORACLE


def kept_said(numbers: pd.DataFrame) -> str:
    """In how many pictures the learned word keeps its concept, in a sentence; nothing without an oracle."""
    kept = numbers.set_index(["method", "value"])["mean"].get((TI, "concept_seen"), np.nan)
    return (
        f"The oracle finds the concept in {percent(kept)} of the learned word’s pictures." if np.isfinite(kept) else ""
    )


def true_name_said(summary: pd.DataFrame, named: Sequence[str]) -> str:
    """What the oracle finds for the words that name the concept already, and for the words learned again, in words."""
    own = summary[summary["concept"].isin(named)]
    means = own.groupby(["method", "concept"])[list(ORACLE)].mean().groupby("method").mean()
    if TRUE not in means.index:
        return "No concept of this run has a true name"
    told = f"Of {counted(len(named), 'concept')} the model knows the true name"
    if means.loc[[TRUE, TI]].isna().any(axis=None):
        return f"{told}; without an oracle, the table above says how it scores"
    pairs = (
        f"{ORACLE[value][1]} {percent(means.at[TRUE, value])} with it and {percent(means.at[TI, value])} with the word"
        for value in ORACLE
    )
    return f"{told}: {', '.join(pairs)} learned again"
