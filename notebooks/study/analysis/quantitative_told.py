"""What the page on buying and paying says of its contrasts and its table, in words and as tables are shown."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from study.analysis.quantitative import (
    BY_ORACLE,
    CLAIMS,
    DB,
    MEASURES,
    ORACLE,
    PAIR,
    SD,
    SMALLEST,
    SPOKEN,
    TI,
    TRUE,
    Compared,
    of_prompts,
)
from study.scores import SCORES
from study.truth import NO_ORACLE
from study.wording import FEWEST_CONCEPTS, LEVEL, counted, holm_said, in_words, percent, shown_name
from textinv_core.evaluation.stats import paired_interval


def answer(verdicts: Mapping[str, str], numbers: pd.DataFrame) -> str:
    """The page's answer in two sentences, to stand after `On the model, `; with what the oracle finds, if there is one."""
    rates = numbers.set_index(["method", "value"])["mean"]
    kept, there = (rates.get((TI, value), np.nan) for value in ("concept_seen", "context_seen"))
    brings = {
        "supported": "a learned word brings likeness",
        "not supported": "a learned word brings no likeness to speak of",
        "undecided": "whether a learned word brings likeness is open",
    }[verdicts["ti_reconstruction"]]
    costs = {
        "supported": "It is paid for: the sentence around it is obeyed less",
        "not supported": "The sentence around it is obeyed as before",
        "undecided": "Whether the sentence around it is obeyed less is open",
    }[verdicts["ti_editability"]]
    brings += f" (the oracle finds the concept in {percent(kept)} of its pictures)" if np.isfinite(kept) else ""
    costs += f" (the context is there in {percent(there)})" if np.isfinite(there) else ""
    return f"{brings}. {costs}."


def told(
    found: Compared,
    given: Mapping,  # the page's parameters
    *,
    reported: Sequence[str],
    named: Sequence[str],  # the concepts whose true name the model knows
    poster: pd.DataFrame,  # the two published scores by method
) -> dict[str, str]:
    """What the page quotes of its table, its contrasts and the poster's."""
    said, tests = contrasts_said(found.primary, LEVEL)
    measure = {key: SPOKEN[found.asked[key][2]] for key in ("kl", "kl_beside")}
    product = {method: poster.loc[method, ["reconstruction", "editability"]].prod() for method in (SD, TI)}
    many = counted(len(given["seeds"]), "training seed"), counted(given["images_per_prompt"], "picture")
    return dict(
        judged="The oracle judges here." if found.asked is BY_ORACLE else NO_ORACLE,
        true_name_said=true_name_said(found.summary, named),
        smallest_cosine=f"{SMALLEST['reconstruction']:g}",
        smallest_share=percent(SMALLEST["both_seen"]),
        verdict_reconstruction=found.verdicts["ti_reconstruction"],
        verdict_editability=found.verdicts["ti_editability"],
        verdict_kl=found.verdicts["kl"],
        said_reconstruction=f"{said['ti_reconstruction']}; {tests['ti_reconstruction']}",
        said_editability=f"{said['ti_editability']}; {tests['ti_editability']}",
        said_kl=f"{measure['kl']} {said['kl']}; {tests['kl']}",
        said_kl_beside=f"{measure['kl_beside']} {said['kl_beside']}; {tests['kl_beside']}",
        beside=beside(found.paired, reported),
        poster_products=f"{product[SD]:.3f} for SD, {product[TI]:.3f} for SD + TI",
        level=f"{LEVEL:g}",
        fewest_concepts=f"{FEWEST_CONCEPTS}",
        development=", ".join(map(shown_name, given["development"])) or "none",
        n_reported=f"{len(reported)}",
        sizes=f"{many[0]}, {many[1]} a prompt",
    )


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
        tests[key] = f"{holm_said(row['p_holm'])}, {of}" if known else f"no test over {of}"
    return said, tests


def claim_rows(found: Compared, sizes: str) -> list[dict]:
    """The claims with what was measured, what came out and of how many."""
    test = "paired difference by concept, training seed, prompt and noise; sign-flip test over concepts, Holm over four"
    table, (_, tests) = found.primary, contrasts_said(found.primary, LEVEL)
    return [
        dict(
            source=source,
            words=words,
            test=f"{table.at[key, 'new']} minus {table.at[key, 'base']}, {SPOKEN[table.at[key, 'value']]}; {test}",
            result=f"{table.at[key, 'said']}; {tests[key]}",
            n=f"{counted(table.at[key, 'concepts'], 'concept')}, {sizes}",
            verdict=found.verdicts[key],
        )
        for key, (source, words) in CLAIMS.items()
    ]


def short_table(numbers: pd.DataFrame):
    """Both scores and what the oracle finds, a column a method, as a page shows them."""
    called = SCORES | dict(concept_seen="K", context_seen="C", both_seen="B")
    wide = numbers[numbers["value"].isin(list(called))].pivot(index="value", columns="method", values="mean")
    wide = wide.reindex(list(called)).dropna(how="all").rename(index=called)[list(dict.fromkeys(numbers["method"]))]
    return wide.rename_axis(index=None, columns=None).style.format("{:.2f}", na_rep="–")


def published_table(published: pd.DataFrame):
    """What others published, as a page shows it."""
    shown = published.set_index(["source", "method"])[["reconstruction", "editability", "dino", "measured"]]
    numbers = ["reconstruction", "editability", "dino"]
    return shown.rename_axis(index=[None, None]).style.format("{:.4g}", subset=numbers, na_rep="–")


def contrast_table(table: pd.DataFrame):
    """The primary contrasts as a page shows them."""
    shown = table.assign(contrast=table["new"] + " − " + table["base"], measure=table["value"].map(SPOKEN))
    columns = ["contrast", "measure", "said", "concepts", "alternative", "p", "p_holm"]
    shown = shown[columns].set_index(["contrast", "measure"])
    shown.columns = ["difference", "concepts", "tested for", "p", "p, Holm"]
    return shown.style.format({"p": "{:.3f}", "p, Holm": "{:.3f}"}, na_rep="–")


def number_table(numbers: pd.DataFrame):
    """All of them, a column a method, as a page shows them; measures that no method has are left out."""
    methods = list(dict.fromkeys(numbers["method"]))
    wide = numbers.pivot(index=["measure", "kind"], columns="method", values="said")
    wide = wide.reindex(list(MEASURES.values()))[methods]
    return wide[(wide != "–").any(axis=1)].rename_axis(index=[None, None], columns=None).style


def beside(paired: pd.DataFrame, reported: Sequence[str]) -> str:
    """DreamBooth minus the learned word, in words."""
    if not (paired["method"] == DB).any():
        return "DreamBooth was left out of this run"
    sides = dict(arm="method", new=DB, base=TI, pair=PAIR)
    found = {value: paired_interval(of_prompts(paired, value, reported), value, **sides) for value in SPOKEN}
    told = "; ".join(f"{SPOKEN[value]} {in_words(change)}" for value, change in found.items() if change.n)
    return f"DreamBooth minus SD + TI, from one training seed each: {told}"


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
