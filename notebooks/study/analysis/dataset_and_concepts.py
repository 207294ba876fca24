"""What to learn from: how many pictures, and taken where. Shares and cosines are compared, never ratios of them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from study.truth import outcomes
from study.wording import FEWEST_CONCEPTS, counted, in_words, opposite, percent, side, verdict, verdict_of_all
from textinv_core.evaluation.metrics import summarise
from textinv_core.evaluation.stats import Interval, holm, mean_interval, paired_interval

HELD_OUT, EDITABILITY = "reconstruction_held_out", "editability_deleted"  # likeness to pictures not seen; obedience
WORD, OWN = "class word", "own pictures"  # the two anchors, as sets
PLAIN, ONE, VARIED = "plain backdrop", "one scene", "varied scenes"
BY = ("concept", "seed", "set", "pictures")  # what tells words apart
CALLED = {"K": "concept kept", "C": "context there", "B": "both in one picture", "leak": "shows the one scene"}
CALLED |= {"other": "shows another scene", HELD_OUT: "likeness, held-out", EDITABILITY: "editability"}


class Reading(NamedTuple):
    """What decides: the outcome of the plain prompt, that of prompts with a context, the least change of interest."""

    keeps: str
    both: str
    smallest: float


def reading(summary: pd.DataFrame) -> Reading:
    """The oracle's, shares of pictures; without an oracle CLIP's, cosines."""
    return Reading("K", "B", 0.1) if summary["K"].notna().any() else Reading(HELD_OUT, EDITABILITY, 0.02)


class Numbers(NamedTuple):
    """The numbers of pictures that are compared, as names of sets."""

    fewest: str
    few: str
    most: str


def numbers_of(sets: pd.DataFrame, few: int) -> Numbers:
    """The smallest, the largest and the one nearest to `few` of the sets that are called by their number."""
    there = sorted(int(name) for name in sets["set"].unique() if name.isdigit())
    return Numbers(*map(str, (there[0], min(there, key=lambda n: (abs(n - few), n)), there[-1])))


def averages(scores: pd.DataFrame, plain: Mapping[str, str]) -> pd.DataFrame:
    """One row per word: the oracle's K, C and B, the scenes that came unasked (`leak`, `other`), CLIP's two scores."""
    parts = [summarise(rows, plain[name], by=BY) for name, rows in scores.groupby("concept", sort=False)]
    summary = pd.concat(parts, ignore_index=True).reindex(columns=[*BY, HELD_OUT, EDITABILITY])
    unasked = scores.groupby(list(BY), sort=False)[["leak", "other"]].mean().reset_index()
    return summary.merge(outcomes(scores, plain, BY), on=list(BY), how="left").merge(unasked, on=list(BY), how="left")


def pairs(numbers: Numbers, read: Reading) -> dict[str, tuple[str, str, str, str]]:
    """The primary contrasts: key -> new set, base, the outcome that decides, and how the page calls it."""
    fewest, few, most = numbers
    return {
        "few": (few, fewest, read.keeps, f"{few} v. {counted(int(fewest), 'picture')}"),
        "many": (most, few, read.keeps, f"{most} v. {few} pictures"),
        "variety": (few, ONE, read.both, "varied scenes v. one"),
        "scene": (ONE, few, "leak", "one scene v. varied"),
    }


def contrasts(summary: pd.DataFrame, numbers: Numbers, read: Reading) -> tuple[pd.DataFrame, dict[str, Interval]]:
    """One row per contrast and outcome with its interval; and the primary ones' intervals by key.

    Their p-values are one-sided, Holm-corrected over them: that the difference is above zero, and for the many
    pictures that it is below the smallest change of interest, for there the claim is that few are enough.
    """
    rows, found = [], {}
    for key, (new, base, primary, called) in pairs(numbers, read).items():
        for value in dict.fromkeys(["K", "C", "B", HELD_OUT, EDITABILITY, primary]):
            interval = paired_interval(summary, value, arm="set", new=new, base=base, alternative="greater")
            if value == primary:
                if key == "many":
                    shifted = summary.assign(**{value: summary[value] + read.smallest * (summary["set"] == base)})
                    less = paired_interval(shifted, value, arm="set", new=new, base=base, alternative="less")
                    interval = interval._replace(p=less.p)
                found[key] = interval
            row = dict(key=key, contrast=called, value=value, primary=value == primary)
            row |= dict(estimate=interval.estimate, low=interval.low, high=interval.high, concepts=interval.concepts)
            rows.append(row | dict(p=interval.p if value == primary else np.nan))
    table = pd.DataFrame(rows)
    table["p_holm"] = np.nan
    asked = table["primary"] & table["estimate"].notna()
    # A test that could not be made counts in the family all the same.
    table.loc[asked, "p_holm"] = np.where(table.loc[asked, "p"].notna(), holm(table.loc[asked, "p"].fillna(1.0)), 1.0)
    return table, found


def controls(summary: pd.DataFrame, numbers: Numbers, read: Reading) -> dict[str, Interval]:
    """What must not show the same: few pictures over the class word, a plain backdrop over one scene, another scene."""
    few = numbers.few
    return {
        "class word": paired_interval(summary, read.keeps, arm="set", new=few, base=WORD),
        "plain backdrop": paired_interval(summary, read.both, arm="set", new=PLAIN, base=ONE),
        "other scene": paired_interval(summary, "other", arm="set", new=ONE, base=few),
    }


def verdicts(table: pd.DataFrame, found: Mapping[str, Interval], control: Mapping[str, Interval], read: Reading):
    """By key, in the rule of all pages: few beat one; few are enough; variety helps; an unchanging scene comes back."""
    p = table[table["primary"]].set_index("key")["p_holm"].fillna(1.0)
    no_better = side(control["class word"]) < 1  # few pictures have taught nothing yet
    least, above = dict(smallest=read.smallest), dict(of=-read.smallest)
    enough = verdict(opposite(found["many"]), p=p["many"], **above)
    return {
        "few": verdict(found["few"], p=p["few"], control=no_better, **least),
        "many": verdict_of_all([enough, verdict(control["class word"], **least)]),
        "variety": verdict(found["variety"], p=p["variety"], control=side(control["plain backdrop"]) > 0, **least),
        "scene": verdict(found["scene"], p=p["scene"], control=side(control["other scene"]) > 0, smallest=0.1),
    }


def _form(value: str) -> str:
    """Digits of a difference: of cosines one more than of shares."""
    return "+.3f" if value in (HELD_OUT, EDITABILITY) else "+.2f"


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


def levels(summary: pd.DataFrame, values: Sequence[str]) -> pd.DataFrame:
    """One row per set and value: the mean over concepts and training seeds with its interval."""
    rows = []
    for (name, pictures), own in summary.groupby(["set", "pictures"], sort=False):
        for value in values:
            found = mean_interval(own, value, ["concept", "seed"])
            row = dict(set=name, pictures=pictures, value=value, estimate=found.estimate)
            rows.append(row | dict(low=found.low, high=found.high))
    return pd.DataFrame(rows)


def headline(model: str, summary: pd.DataFrame, numbers: Numbers, said: Mapping[str, str], read: Reading) -> str:
    """The answer in a sentence or two."""
    level = levels(summary, [read.keeps]).set_index("set")["estimate"]
    fewest, few, most = numbers
    of = {n: percent(level[n]) if read.keeps == "K" else f"{level[n]:.2f}" for n in numbers}
    what = "keeps its concept in {} of its pictures" if read.keeps == "K" else "comes to a likeness of {}"
    if few == fewest:
        first = f"On {model}, a word {what.format(of[few])}; there is no smaller number of pictures to compare with"
    else:
        first = f"On {model}, a word that learned from {few} pictures {what.format(of[few])}"
        first += f", from {counted(int(fewest), 'picture')} {of[fewest]}"
    more = {"supported": f"{most} are not needed", "not supported": f"{few} are not enough"}
    parts = [first] + ([more.get(said["many"], f"whether {most} would do better is open")] if most != few else [])
    place = {"supported": "varied places help", "not supported": "varied places do not help"}
    if summary["set"].eq(ONE).any():
        parts.append(place.get(said["variety"], "whether varied places help is open"))
    return "; ".join(parts) + "."


def advice(said: Mapping[str, str], numbers: Numbers) -> str:
    """What to do, as far as the verdicts go."""
    few = numbers.few
    many = {"supported": f"{few} pictures are enough", "not supported": f"take more than {few} pictures"}
    places = {"supported": "take each somewhere else", "not supported": "they may all come from one place"}
    back = {"supported": "; from one place, expect that place back", "not supported": "; the place will not come back"}
    open_yet = "where they are taken made no difference that could be shown here"
    return (
        f"{many.get(said['many'], f'nothing found here speaks for more than {few} pictures, nor against it')}; "
        f"{places.get(said['variety'], open_yet)}{back.get(said['scene'], '')}"
    )


def told(found: Mapping[str, Interval], table: pd.DataFrame) -> dict[str, str]:
    """Each primary contrast in words, with its test."""
    primary = table[table["primary"]].set_index("key")
    p, form = primary["p_holm"], primary["value"].map(_form)
    tests = {key: f"; Holm-corrected p {p[key]:.3f}" if np.isfinite(p[key]) else "" for key in found}
    said = {key: f"{in_words(one, form[key])}{tests[key]}" for key, one in found.items()}
    return {key: text if np.isfinite(found[key].estimate) else "not asked of this run" for key, text in said.items()}


def claims(said: Mapping[str, str], words: Mapping[str, str], numbers: Numbers, read: Reading, n: str) -> list[dict]:
    """The claims that this run asked about, as fields of a `Claim`."""
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
        if words[key] != "not asked of this run":
            row = dict(source=source, words=claim, test=test, result=words[key], n=n, verdict=said[key], primary=True)
            rows.append(row)
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
