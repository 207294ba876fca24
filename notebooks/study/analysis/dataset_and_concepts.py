"""What to learn from: how many pictures, and taken where. Shares and cosines are compared, never ratios of them."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from study.truth import SMALLEST_SHARE, outcomes
from study.wording import counted, opposite, same_shown, side, verdict, verdict_beside, verdict_of_all
from textinv_core.evaluation.metrics import summarise
from textinv_core.evaluation.stats import Interval, holm, mean_interval, paired_interval

HELD_OUT, EDITABILITY = "reconstruction_held_out", "editability_deleted"  # likeness to pictures not seen; obedience
WORD, OWN = "class word", "own pictures"  # the two anchors, as sets
PLAIN, ONE, VARIED = "plain backdrop", "one scene", "varied scenes"
OVER = f"{VARIED} over {PLAIN}"
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
    return Reading("K", "B", SMALLEST_SHARE) if summary["K"].notna().any() else Reading(HELD_OUT, EDITABILITY, 0.02)


class Numbers(NamedTuple):
    """The numbers of pictures that are compared, as names of sets."""

    fewest: str
    few: str
    most: str


def sets_of(
    take: Callable[[str, int], Sequence[Path]],  # where, how many -> so many pictures taken there, or all there are
    numbers: Sequence[int],
    few: int,  # as many are in each set that was taken elsewhere
    elsewhere: Sequence[str],
) -> dict[str, Sequence[Path]]:
    """Name of a set -> its pictures: the first so many of the varied ones, each set within the next; those elsewhere."""
    varied = take(VARIED, max(*numbers, few))
    made = {n: varied[:n] for n in sorted({min(n, len(varied)) for n in (*numbers, few)})}
    return {f"{n}": paths for n, paths in made.items()} | {w: take(w, min(few, len(varied))) for w in elsewhere}


def who_drew(sets: pd.DataFrame, ids: Sequence[str], seeds: Sequence[int]) -> pd.DataFrame:
    """A row per arm, and per anchor, of one concept: what it learned from, and its training seed (`trained`).

    sets: a row a word, with seed, set, pictures. The class word stands beside every seed, as it has none.
    """
    words = sets[["seed", "set", "pictures"]].assign(arm=ids)
    plain = pd.DataFrame(dict(arm="plain", set=WORD, pictures=0, seed=seeds))
    own = pd.DataFrame([dict(arm="image_only", set=OWN, pictures=0, seed=seeds[0])])
    return pd.concat([words, plain, own], ignore_index=True).rename(columns={"seed": "trained"})


def unasked(
    drawing: pd.DataFrame,  # a row a picture: prompt, trained, image
    plain: str,
    scenes: Mapping[int, tuple[str, str]],  # training seed -> the scene of the set in one scene, and another, in words
    see: Callable[[pd.DataFrame, dict], pd.DataFrame],  # pictures, their prompt -> a scene in words: `context_seen`
) -> pd.DataFrame:
    """Whether the plain prompt's pictures show the one scene (`leak`) and the other one; NaN of all other pictures."""
    table = pd.DataFrame(np.nan, index=drawing.index, columns=["leak", "other"])
    for seed, both in scenes.items():
        alone = drawing[(drawing["prompt"] == plain) & (drawing["trained"] == seed)]
        for column, said in zip(table, both, strict=True):
            table.loc[alone.index, column] = see(alone, {plain: said})["context_seen"]
    return table


def numbers_of(sets: pd.DataFrame, few: int) -> Numbers:
    """The smallest, the largest and the one nearest to `few` of the sets that are called by their number."""
    there = sorted(int(name) for name in sets["set"].unique() if name.isdigit())
    return Numbers(*map(str, (there[0], min(there, key=lambda n: (abs(n - few), n)), there[-1])))


def known_values(summary: pd.DataFrame) -> list[str]:
    """The outcomes that are known of any word, in the order in which they are shown."""
    return [v for v in ("K", "C", "B", HELD_OUT, EDITABILITY) if summary[v].notna().any()]


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
    """What must not show the same: few pictures over the class word, a plain backdrop over one scene, another scene.

    And what varied scenes have over that plain backdrop.
    """
    few = numbers.few
    return {
        "class word": paired_interval(summary, read.keeps, arm="set", new=few, base=WORD),
        PLAIN: paired_interval(summary, read.both, arm="set", new=PLAIN, base=ONE),
        OVER: paired_interval(summary, read.both, arm="set", new=few, base=PLAIN),
        "other scene": paired_interval(summary, "other", arm="set", new=ONE, base=few),
    }


def beside_plain(control: Mapping[str, Interval]) -> tuple[dict[str, Interval], dict[str, Interval]]:
    """The plain backdrop as the control of varied scenes, and what they have over it."""
    return {PLAIN: control[PLAIN]}, {PLAIN: control[OVER]}


def plain_does_too(control: Mapping[str, Interval]) -> bool:
    """Whether pictures before a plain backdrop have over those of one scene what varied scenes have."""
    return bool(same_shown(*beside_plain(control)))


def verdicts(table: pd.DataFrame, found: Mapping[str, Interval], control: Mapping[str, Interval], read: Reading):
    """By key, in the rule of all pages: few beat one; few are enough; variety helps; an unchanging scene comes back."""
    p = table[table["primary"]].set_index("key")["p_holm"].fillna(1.0)
    no_better = side(control["class word"]) < 1  # few pictures have taught nothing yet
    least, above = dict(smallest=read.smallest), dict(of=-read.smallest)
    enough = verdict(opposite(found["many"]), p=p["many"], **above)
    return {
        "few": verdict(found["few"], p=p["few"], control=no_better, **least),
        "many": verdict_of_all([enough, verdict(control["class word"], **least)]),
        "variety": verdict_beside(found["variety"], *beside_plain(control), read.smallest, p=p["variety"])[0],
        "scene": verdict(
            found["scene"], p=p["scene"], control=side(control["other scene"]) > 0, smallest=SMALLEST_SHARE
        ),
    }


def levels(summary: pd.DataFrame, values: Sequence[str]) -> pd.DataFrame:
    """One row per set and value: the mean over concepts and training seeds with its interval."""
    rows = []
    for (name, pictures), own in summary.groupby(["set", "pictures"], sort=False):
        for value in values:
            found = mean_interval(own, value, ["concept", "seed"])
            row = dict(set=name, pictures=pictures, value=value, estimate=found.estimate)
            rows.append(row | dict(low=found.low, high=found.high))
    return pd.DataFrame(rows)
