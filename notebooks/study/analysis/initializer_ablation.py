"""Whether the first word matters: its four kinds, contrasts of the learned words' scores, and what they decide."""

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
import pandas as pd

from study.analysis.initializer_apart import CALLED, RIVALS
from study.scores import SCORES
from study.truth import KEPT
from study.vocabulary import drawn_word
from study.wording import (
    ENOUGH,
    FEWEST_CONCEPTS,
    about,
    by_side,
    counted,
    in_words,
    opposite,
    side,
    verdict,
    verdict_either_way,
    would_take,
)
from textinv_core.evaluation.stats import Interval, holm, paired_differences, paired_interval
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import Concept

HALF = 0.5  # of the distance of two training seeds: words that are not this much further apart hardly matter
NEGLIGIBLE = 0.1  # a difference in variability below this share of the own word's is none to speak of
FEWEST = 5  # pairs of words (concept and training seed) below which no verdict is given
MEASURES = KEPT | SCORES | {"variability": "variability"}
PAIR = ("concept", "seed")


def first_words(
    concept: Concept,
    alternative: str,  # empty: the concept's first
    far_word: str,
    neighbour: str | None = None,  # of the concept's true name, where the model knows one
    *,
    tokenizer,  # of the vocabulary that the random word comes from
    seed: int,
) -> dict[str, str]:
    """Role -> word: the own, the nearest other and the true name's neighbour (where there are), a far and a random one."""
    others = [alternative] if alternative else concept.alternatives
    near = [word for word in others if word != concept.initializer][:1]
    if far_word in (*near, concept.initializer):
        raise ValueError(f"far_word {far_word!r}: {concept.name} already starts from it; choose another word")
    words = {"own": concept.initializer} | dict.fromkeys(["other"] * len(near), *near) | {"far": far_word}
    avoid = {*words.values(), *concept.alternatives, concept.class_word, neighbour or "", concept.true_name or ""}
    words |= {"random": drawn_word(tokenizer, seed=seed, name=concept.name, avoid=avoid)}
    return words | ({"neighbour": neighbour} if neighbour and neighbour not in words.values() else {})


def planned(words: Mapping[str, str], seeds: Sequence[int], controls: int) -> list[tuple[str, int]]:
    """(role, training seed) of every word of a concept: the own and the other from all seeds, the rest from the first."""
    return [(role, s) for role in words for s in (seeds if role in ("own", "other") else seeds[:controls])]


def arms_table(arms: Mapping[str, Sequence[Arm]], plans: Mapping[str, Sequence[tuple[str, int]]]) -> pd.DataFrame:
    """A row an arm, by its id: concept, role and word that it started from, training seed."""
    rows = [
        dict(arm=arm.id, concept=name, role=role, word=arm.start, seed=seed)
        for name, own in arms.items()
        for arm, (role, seed) in zip(own, plans[name], strict=True)
    ]
    return pd.DataFrame(rows).set_index("arm")


def by_role(summary: pd.DataFrame, log: pd.DataFrame, arms: pd.DataFrame, pictures: int) -> tuple[pd.DataFrame, ...]:
    """Both with the `role` of the first word; the summary with `variability`, the log with the way `travelled`.

    `variability`: 1 - cosine between different `pictures` of one word, of which the coherence has N * N pairs;
    `travelled`: distance from the first word's row, in lengths of a median vocabulary row.
    """
    pairs = pictures / (pictures - 1) if pictures > 1 else np.nan  # a picture is no pair with itself
    role, seed = (summary["arm"].map(arms[column]) for column in ("role", "seed"))
    summary = summary.assign(role=role, seed=seed, variability=(1 - summary["coherence"]) * pairs)
    travelled = log["distance"] * log["norm_ratio"] / log["norm"]
    return summary, log.assign(role=log["arm"].map(arms["role"]), travelled=travelled)


def contrasts(final: pd.DataFrame, oracle: bool) -> pd.DataFrame:
    """One row per measure and rival: the rival minus the own word, paired by concept and training seed.

    `p_holm` over the tests of the two primary measures: the oracle's shares K and B, or CLIP's two scores without one.
    """
    rows, primary = [], list(KEPT if oracle else SCORES)
    there = [value for value in MEASURES if oracle or value not in KEPT]
    for value, role in product(there, RIVALS):
        found = paired_interval(final, value, arm="role", new=role, base="own", pair=PAIR)
        row = dict(measure=value, role=role, **found._asdict(), p_holm=np.nan)
        rows.append(row | dict(concepts=found.concepts, pairs=found.seeds))
    table = pd.DataFrame(rows).drop(columns="n")
    tested = table["measure"].isin(primary) & table["p"].notna()
    table.loc[tested, "p_holm"] = holm(table.loc[tested, "p"])
    return table


def by_concept(final: pd.DataFrame, value: str) -> list[dict[str, float]]:
    """For each rival: concept -> the mean difference of its pairs from the own word; nothing where there are none."""
    found = []
    for role in RIVALS:
        there = final.dropna(subset=[value])
        if not {role, "own"} <= set(there["role"]):
            found.append({})
            continue
        rows = paired_differences(there, value, arm="role", new=role, base="own", pair=PAIR)
        found.append(rows.groupby("concept")["difference"].mean().to_dict())
    return found


def clear_contrasts(table: pd.DataFrame) -> tuple[int, list[str]]:
    """How many were tested; and those of them with an interval clear of zero, in words."""
    tested = table["p_holm"].notna()
    clear = table[tested & ((table["low"] > 0) | (table["high"] < 0))]
    listed = [
        f"{MEASURES[c.measure]} with the {CALLED[c.role]} {by_side(c, 'above', 'below', '')} the own word’s "
        f"(difference {in_words(c)})"
        for c in clear.itertuples()
    ]
    return int(tested.sum()), listed


def answer(found: Mapping[str, Interval], last: int) -> tuple[str, str]:
    """The verdict on "the first word matters", from `word_against_seed` at the last step, and why."""
    excess = found["excess"]
    said = verdict(excess, smallest=HALF * found["seeds"].estimate, fewest=ENOUGH | {"seed": FEWEST})
    if not np.isfinite(excess.low):
        why = "it cannot be told whether the first word matters: "
        return said, why + "that takes a second word and several training seeds"
    far = by_side(excess, "further apart than", "less far apart than", "not clearly further apart than")
    few = f"{counted(excess.seeds, 'pair')} of words of {counted(excess.concepts, 'concept')}"
    few = f", from {few}, too few for a verdict" if excess.seeds < FEWEST or excess.concepts < FEWEST_CONCEPTS else ""
    return said, (
        f"after {last} steps two neighbouring first words set the pictures {far} two training seeds of one word do "
        f"({found['words'].estimate:.3f} against {found['seeds'].estimate:.3f}, difference {in_words(excess)}{few})"
    )


def variability_answer(own: pd.DataFrame, varies: Interval, between: str, label: str) -> tuple[str, str]:
    """The same of "it changes how much the pictures vary", for the words of one concept, at the last step."""
    said = verdict_either_way(varies, _margin(own), fewest={"seed": FEWEST})
    if not np.isfinite(varies.low):
        return said, f"for {label}, a difference in variability cannot be told"
    more = by_side(varies, "vary more", "vary less", "do not clearly vary more or less")
    few = "" if varies.seeds >= FEWEST else f", from {varies.seeds} pairs of words, too few for a verdict"
    return said, f"started from {between}, the pictures of {label} {more} (difference {in_words(varies)}{few})"


def variability_takes(own: pd.DataFrame, varies: Interval) -> str:
    """How many training seeds would decide that, in words."""
    sized = varies if varies.estimate >= 0 else opposite(varies)
    return about(would_take(sized, smallest=_margin(own), unit="seed"), "training seed")


def _margin(own: pd.DataFrame) -> float:
    return NEGLIGIBLE * own.loc[own["role"] == "own", "variability"].mean()


def compared(value: str, found: Interval) -> str:
    """What became of a score when the word was exchanged, in words."""
    moved = by_side(found, "higher", "lower", "not clearly different")
    return f"{MEASURES[value]} is {moved} (difference {in_words(found)})"


def of_pair(own: pd.DataFrame) -> dict[str, Interval]:
    """The other word minus the own, by measure, paired by training seed."""
    return {value: paired_interval(own, value, arm="role", new="other", base="own", pair=PAIR) for value in MEASURES}


def meeting(found: Mapping[str, Interval]) -> str:
    """Whether rows from two words meet, from `word_against_seed` at the last step, in words."""
    gap, mean = found["cos_gap"], {name: f"{found[name].estimate:.2f}" for name in ("cos_words", "cos_seeds")}
    if not np.isfinite(gap.estimate):
        return "Whether they meet in one place cannot be told"
    rest = "rows from two training seeds of one word"
    met = {
        1: f"They do not meet in one place: rows from two words stay further apart than {rest}",
        -1: f"They meet: rows from two words are nearer to each other than {rest}",
        0: f"Whether they meet in one place is not clear: rows from two words against {rest}",
    }[side(gap)]
    return f"{met} (mean cosines {mean['cos_words']} and {mean['cos_seeds']}, difference {in_words(gap)})"
