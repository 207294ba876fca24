"""What the page on rivals says of its comparison: the answer, the advice, tables as they are shown, claims."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from study.analysis.rivals_compared import Compared
from study.methods import ABOUT, NAIVE, WEAKEST, shown_method
from study.truth import SMALLEST_SHARE
from study.wording import FEWEST_CONCEPTS, counted, in_words, percent, shown_name
from textinv_core.evaluation.stats import Interval

WHOLE = "the oracle finds both the concept and the context that was asked for in one picture"
BY_ORACLE = dict(
    what_B=f"the share of pictures of a prompt with a context in which {WHOLE}",
    what_K="the share of pictures of the plain prompt that keep the concept",
    what_C="the share of pictures with the context",
    tuned_on="the oracle’s B",
)
BY_CLIP = dict(
    what_B="no oracle knows this model’s pictures, so only CLIP’s reading is there: the geometric mean of K and C",
    what_K="likeness on the scale the anchors span",
    what_C="obedience to the context on that scale",
    tuned_on="CLIP’s balance",
)


def in_short(table: pd.DataFrame, near: Sequence[str], concepts: int, *, by_oracle: bool, sure: bool) -> str:
    """The page's answer in two sentences, to stand after `On the model, `.

    table: of the learned words, best B first; sure: a gain over the naive word stands after Holm's correction.
    """
    known = table[table["B"].notna()]
    if known.empty:
        return "no method can be advised: nobody knows what their pictures show. Look at them."
    first = known.index[0]
    B = {m: percent(known.at[m, "B"]) if by_oracle else f"{known.at[m, 'B']:.2f}" for m in known.index}
    said = f"with {'concept and context together in' if by_oracle else 'a B of'} {B[first]}"
    said += " of its pictures" if by_oracle else ""
    if first == NAIVE:
        lead = f"no remedy is ahead of plain Textual Inversion, {said}"
    else:
        lead = f"{shown_method(first)} comes out first, {said}"
        lead += f"; plain Textual Inversion has {B[NAIVE]}" if NAIVE in B else ""
    if concepts < FEWEST_CONCEPTS:
        return f"{lead}. From so few concepts that is no order."
    if not near:
        behind = "clearly behind it" if sure else "behind it, but corrected for the number of methods that stays open"
        return f"{lead}. Every other method is {behind}."
    cheapest, more = shown_method(near[0]), "" if len(near) == 1 else ", nor can others"
    return f"{lead}. {cheapest[0].upper()}{cheapest[1:]}, the cheapest of those near it, cannot be told from it{more}."


def advice(table: pd.DataFrame, near: Sequence[str], concepts: int) -> tuple[str, str]:
    """Two sentences: what to choose, and what cannot be told apart from it, the cheapest first."""
    known = table[table["B"].notna()]
    if known.empty:
        return "No method can be advised: B is not known for any of them.", "Look at the pictures."
    first = known.index[0]
    won = percent(known.at[first, "best"], "an unknown share")
    interval = Interval(known.at[first, "B"], known.at[first, "low"], known.at[first, "high"], {})
    one = f"Choose {shown_method(first)} ({ABOUT[first][1]}: {known.at[first, 'value']:g}): "
    one += f"B is {in_words(interval, '.2f')}, "
    one += f"and it is the best in {won} of resampled studies."
    if not near:
        return one, "Every other method is worse, its interval clear of zero."
    few = "" if concepts >= FEWEST_CONCEPTS else f", from {counted(concepts, 'concept')}"
    return one, f"Not to be told apart from it{few}, the cheapest first: {', '.join(map(shown_method, near))}."


def said(against: pd.DataFrame) -> str:
    """Each method's gain over the base, in words."""
    told = []
    for method, row in against.iterrows():
        p = f" (Holm p {row['p_holm']:.2f})" if np.isfinite(row["p_holm"]) else ""
        told.append(f"{shown_method(method)} {in_words(row['interval'], '+z.2f')}{p}")
    return "; ".join(told)


def at_an_end(chosen: Mapping[str, float], tried: Mapping[str, Sequence[float]]) -> str:
    """On the methods whose chosen value is the lowest or highest tried, by whether naive lies beyond; chosen: by method."""
    ends = [m for m in chosen if len(tried[m]) > 1 and chosen[m] in (min(tried[m]), max(tried[m]))]
    weak = [m for m in ends if m in WEAKEST and chosen[m] == WEAKEST[m](tried[m])]
    sentences = {
        "The weakest setting was the best, and beyond it lies naive: {}.": weak,
        "At an end of what was tried, so that better may lie beyond, is the best of {}.": [m for m in ends if m not in weak],
    }
    said = [sentence.format(", ".join(map(shown_method, some))) for sentence, some in sentences.items() if some]
    return " ".join(said) or "No method’s best lies at an end of what was tried."


def told(
    found: Compared,
    given: Mapping,  # the page's parameters
    *,
    model: str,
    learned: Sequence[str],  # the methods that are learned words
    tried: Mapping[str, Sequence[float]],  # method -> its settings
    by_oracle: bool,
) -> dict[str, str]:
    """All that the page quotes."""
    words, concepts = found.table[found.table.index.isin(learned)], found.chosen["concept"].nunique()
    winner = next(iter(words.index), NAIVE)
    clear = winner != NAIVE and found.against.loc[winner, "interval"].low > 0
    kl, sure = found.against["interval"].get("kl"), found.verdicts["any"] == "supported"
    many = counted(concepts, "concept"), counted(len(given["seeds"]), "training seed")
    return (BY_ORACLE if by_oracle else BY_CLIP) | dict(
        verdict_short=f"On {model}, {in_short(words, found.near, concepts, by_oracle=by_oracle, sure=sure)}",
        verdict_any=found.verdicts["any"],
        verdict_kl=found.verdicts["kl"],
        verdict_kl_best=found.verdicts["kl_best"],
        advice=" ".join(advice(words, found.near, concepts)),
        winner=winner,
        winner_clear="yes" if clear else "no",
        n_tried=counted(given["budget"], "setting"),
        ends=at_an_end(words["value"].to_dict(), tried),
        tuned_with=counted(len(given["seeds"][: given["tuning_seeds"] or None]), "training seed"),
        smallest=percent(SMALLEST_SHARE),
        level=f"{found.level:.2f}",
        gains=said(found.against) or "nothing to compare with",
        gain_kl=in_words(kl, "+z.2f") if kl is not None else "KL was not among the methods",
        over_kl=said(found.over_kl) or "KL was not among the methods",
        control=in_words(found.control, "+z.2f"),
        n_reported=many[0],
        sizes=", ".join([*many, counted(given["images_per_prompt"], "picture") + " a prompt"]),
        fewest=f"{FEWEST_CONCEPTS}",
    )


def names_said(names: Sequence[str]) -> str:
    """Concepts as a sentence names them."""
    return ", ".join(map(shown_name, names))


def claims(found: Compared, sizes: str) -> list[dict]:
    """One claim of this study and two of the research note, with their tests and results, for the record."""
    test = "B at settings chosen on development concepts, paired by concept and training seed; Holm over all methods"
    against, verdicts = found.against, found.verdicts
    rows = (
        ("this study", "some remedy keeps the word more usable than plain Textual Inversion", "any",
         "each method minus naive", against),
        ("research note", "the KL term keeps the word usable in a sentence", "kl",
         "KL minus naive", against[against.index == "kl"]),
        ("research note", "the KL term is better than other remedies", "kl_best",
         "each rival minus KL", found.over_kl),
    )  # fmt: skip
    return [
        dict(source=source, words=words, test=f"{what}; {test}", result=said(table), n=sizes, verdict=verdicts[key])
        for source, words, key, what, table in rows
    ]


def methods_table(methods: Sequence[str], tried: Mapping[str, Sequence[float]]):
    """What each learned word's method does, what is tuned of it, and the values that were tried."""
    rows = [(*ABOUT[m], ", ".join(f"{value:g}" for value in tried[m])) for m in methods]
    columns = ["what it does", "what is tuned", "tried"]
    return pd.DataFrame(rows, index=[shown_method(m) for m in methods], columns=columns).style


def table_shown(table: pd.DataFrame):
    """The table in short, as a page shows it."""
    bounds = [f" [{row.low:.2f}, {row.high:.2f}]" if np.isfinite(row.low) else "" for row in table.itertuples()]
    shown = table.assign(B=[f"{b:.2f}{more}" for b, more in zip(table["B"], bounds, strict=True)])
    names = {"B": "B", "K": "K", "C": "C", "seconds": "seconds a word", "value": "setting", "best": "best in"}
    return _styled(shown, names, {"seconds a word": "{:.1f}", "setting": "{:g}", "best in": "{:.0%}"})


def table_details(table: pd.DataFrame):
    """The rest of it."""
    names = {"C_at_K": "C at equal K", "spread": "spread over seeds", "tried": "settings tried"}
    return _styled(table, names, {"settings tried": "{:.0f}"})


def contrast_table(against: pd.DataFrame, over_kl: pd.DataFrame):
    """Every method minus the naive word, and minus KL."""
    shown = {}
    for base, rows in (("naive", against), ("KL", over_kl)):
        shown[f"minus {base}"] = rows["interval"].map(lambda interval: in_words(interval, "+z.2f"))
        shown[f"p, Holm ({base})"] = rows["p_holm"].map(lambda p: f"{p:.3f}" if np.isfinite(p) else "–")
    table = pd.DataFrame(shown).reindex(list(dict.fromkeys([*against.index, *over_kl.index])))
    return table.fillna("–").rename(index=shown_method).rename_axis(None).style


def _styled(table: pd.DataFrame, names: Mapping[str, str], form: Mapping[str, str]):
    """Some columns of the table by the names that a page has for them; the methods' names in the rows."""
    shown = table[list(names)].rename(columns=names).rename(index=shown_method).rename_axis(None)
    two = [name for name in ("K", "C", "C at equal K", "spread over seeds") if name in shown]
    return shown.style.format(dict.fromkeys(two, "{:.2f}") | dict(form), na_rep="–")
