"""What the page on pictures to learn from says: its answer, its contrasts in words and tables, its claims."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from study.analysis.dataset_and_concepts import (
    CALLED,
    EDITABILITY,
    HELD_OUT,
    ONE,
    OVER,
    Numbers,
    Reading,
    levels,
    plain_does_too,
    verdicts,
)
from study.wording import FEWEST_CONCEPTS, about, counted, holm_said, in_words, opposite, percent, would_take
from textinv_core.evaluation.stats import Interval

NOT_ASKED = "not asked of this run"
CLAIMED = {"few": "more help", "many": "few are enough", "variety": "variety helps", "scene": "the scene comes back"}


def _form(value: str) -> str:
    """Digits of a difference: of cosines one more than of shares."""
    return "+z.3f" if value in (HELD_OUT, EDITABILITY) else "+z.2f"


def contrast_table(table: pd.DataFrame):
    """The contrasts as a page shows them: a row a contrast, a column an outcome, the primary one starred."""
    there = table[table["estimate"].notna()]

    def cell(row):
        form = _form(row.value)
        bounds = f" [{row.low:{form}}, {row.high:{form}}]" if np.isfinite(row.low) else ""
        return f"{row.estimate:{form}}{bounds}{' *' if row.primary else ''}"

    said = [cell(row) for row in there.itertuples()]
    wide = there.assign(said=said).pivot(index="contrast", columns="value", values="said")
    wide = wide.reindex(index=there["contrast"].unique(), columns=[v for v in CALLED if v in wide]).fillna("–")
    p = table[table["primary"]].set_index("contrast")["p_holm"].reindex(wide.index)
    wide["p, Holm"] = p.map("{:.3f}".format, na_action="ignore").fillna("–")
    return wide.rename(columns=CALLED).rename_axis(index=None, columns=None).style


def primary_table(table: pd.DataFrame, said: Mapping[str, str]):
    """The primary contrasts as a page shows them: what decides, the difference with its interval, the verdict.

    said: what the page has told, from `page_numbers`.
    """
    rows = []
    for row in table[table["primary"] & table["estimate"].notna()].itertuples():
        form, p = _form(row.value), f"{row.p_holm:.3f}" if np.isfinite(row.p_holm) else "–"
        bounds = f"{row.low:{form}} to {row.high:{form}}" if np.isfinite(row.low) else "–"
        cells = {"outcome": CALLED[row.value], "difference": f"{row.estimate:{form}}", "95 % interval": bounds}
        claim = {"p, Holm": p, "claim": CLAIMED[row.key], "verdict": said[f"verdict_{row.key}"]}
        rows.append({"contrast": row.contrast} | cells | claim)
    columns = ["contrast", "outcome", "difference", "95 % interval", "p, Holm", "claim", "verdict"]
    return pd.DataFrame(rows, columns=columns).set_index("contrast").rename_axis(index=None).style


def headline(
    model: str, summary: pd.DataFrame, numbers: Numbers, said: Mapping[str, str], read: Reading, plain_too: bool
) -> str:
    """The answer in two sentences, with two numbers; plain_too: whether a plain backdrop does what varied places do."""
    _, few, most = numbers
    level = levels(summary, [read.keeps]).set_index("set").at[few, "estimate"]
    learned = f"a word that learned from {counted(int(few), 'picture')}"
    kept = f"keeps its concept in {percent(level)} of what it draws from the plain prompt"
    parts = [f"{learned} {kept if read.keeps == 'K' else f'comes to a likeness of {level:.2f}'}"]
    more = {"supported": "more pictures are not needed", "not supported": "that is not enough"}
    if most != few:
        parts.append(more.get(said["many"], "whether more would do better stays open"))
    place = {"supported": "Varied places help", "not supported": "Varied places do not help"}
    where = place.get(said["variety"], "Whether varied places help stays open")
    where = "Varied places serve better than one place, but so does a plain backdrop" if plain_too else where
    return f"On {model}, {'; '.join(parts)}." + (f" {where}." if summary["set"].eq(ONE).any() else "")


def advice(said: Mapping[str, str], numbers: Numbers, plain_too: bool) -> str:
    """What to do, as far as the verdicts go; plain_too: whether a plain backdrop does what varied places do."""
    few = numbers.few
    many = {"supported": f"{few} pictures are enough", "not supported": f"take more than {few} pictures"}
    places = {"supported": "take each somewhere else", "not supported": "they may all come from one place"}
    back = {"supported": "; from one place, expect that place back", "not supported": "; the place will not come back"}
    open_yet = "where they are taken made no difference that could be shown here"
    where = places.get(said["variety"], open_yet)
    where = "take each somewhere else, or all before a plain backdrop" if plain_too else where
    return (
        f"{many.get(said['many'], f'nothing found here speaks for more than {few} pictures, nor against it')}; "
        f"{where}{back.get(said['scene'], '')}"
    )


def told(found: Mapping[str, Interval], table: pd.DataFrame) -> dict[str, str]:
    """Each primary contrast in words, with its test."""
    primary = table[table["primary"]].set_index("key")
    p, form = primary["p_holm"], primary["value"].map(_form)
    tests = {key: f"; {holm_said(p[key])}" if np.isfinite(p[key]) else "" for key in found}
    said = {key: f"{in_words(one, form[key])}{tests[key]}" for key, one in found.items()}
    return {key: text if np.isfinite(found[key].estimate) else NOT_ASKED for key, text in said.items()}


def takes(
    found: Mapping[str, Interval], control: Mapping[str, Interval], table: pd.DataFrame, read: Reading
) -> dict[str, str]:
    """What would decide each primary contrast, by `takes_<key>`."""
    p = table[table["primary"]].set_index("key")["p_holm"]
    above = {key: would_take(one, smallest=read.smallest, p=p[key]) for key, one in found.items()}
    above["many"] = would_take(opposite(found["many"]), -read.smallest, p=p["many"])
    if plain_does_too(control):  # then it hangs on what varied scenes have over that
        above["variety"] = would_take(control[OVER], smallest=read.smallest)
    return {f"takes_{key}": about(number) for key, number in above.items()}


def page_numbers(
    model: str,
    summary: pd.DataFrame,
    numbers: Numbers,
    contrasts: pd.DataFrame,
    found: Mapping[str, Interval],
    control: Mapping[str, Interval],
    read: Reading,
) -> dict[str, str]:
    """What the page quotes: its answer, each contrast in words with its verdict, and what to do."""
    said, words = verdicts(contrasts, found, control, read), told(found, contrasts)
    plain_too = plain_does_too(control)
    if plain_too:
        over = in_words(control[OVER], _form(read.both))
        words["variety"] += f"; a plain backdrop shows the same, varied scenes minus that {over}"
    reached = told({"few": control["class word"]}, contrasts.assign(p_holm=np.nan))["few"]
    return dict(
        **named_before(read),
        **{f"verdict_{key}": verdict for key, verdict in said.items()},
        **{f"said_{key}": text for key, text in words.items()},
        **takes(found, control, contrasts, read),
        **dict(zip(("fewest", "few", "many"), numbers, strict=True)),
        verdict_short=headline(model, summary, numbers, said, read, plain_too),
        reached=reached,
        advice=advice(said, numbers, plain_too),
    )


def claims(said: Mapping[str, str], numbers: Numbers, read: Reading, n: str) -> list[dict]:
    """The claims that this run asked about, as fields of a `Claim`; said: what the page has told, from `page_numbers`."""
    fewest, few, most = numbers
    keeps, both = CALLED[read.keeps], CALLED[read.both]
    future, asked = "poster, future work (a question there)", f"at least {read.smallest:g} of interest"
    of = {
        "many": ("paper, abstract", "“Using only 3-5 images of a user-provided concept”",
                 f"{most} against {few} pictures, {keeps}: enough if {most} gain less than {read.smallest:g} and {few} "
                 "do better than the class word"),
        "few": (future, "more pictures help",
                f"{few} against {counted(int(fewest), 'picture')}, {keeps}; {asked}; control: the class word"),
        "variety": (future, "varied backgrounds help",
                    f"varied scenes against one, {few} pictures each, {both}; {asked}; control: a plain backdrop"),
        "scene": (future, "a background that never varies sticks to the word",
                  "plain-prompt pictures that show the one scene, against varied scenes; control: another scene"),
    }  # fmt: skip
    rows = []
    for key, (source, claim, test) in of.items():
        if said[f"said_{key}"] != NOT_ASKED:
            found = dict(result=said[f"said_{key}"], verdict=said[f"verdict_{key}"], takes=said[f"takes_{key}"])
            rows.append(dict(source=source, words=claim, test=test, n=n, primary=True) | found)
    return rows


def named_before(read: Reading) -> dict[str, str]:
    """What the page names before its results: the outcomes that decide, the least change, the least concepts."""
    oracle = read.keeps == "K"
    return dict(
        judged="the oracle’s reading" if oracle else "CLIP’s reading, for there is no oracle of this model",
        keeps="the share of the plain prompt’s pictures that keep the concept (K)" if oracle else "held-out likeness",
        both="the share of pictures with concept and context both (B)" if oracle else "editability",
        smallest=f"{read.smallest:g}",
        fewest_concepts=f"{FEWEST_CONCEPTS}",
    )
