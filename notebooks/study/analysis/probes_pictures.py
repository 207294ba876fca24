"""What the pictures of a word show of the sentence around it: each context by itself, beside the class word's."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
import torch

from study.analysis.probes import CLASS, COSINE, READINGS, between, interval, something_to_lose
from study.truth import OUTCOMES, SMALLEST_SHARE
from study.wording import verdict
from textinv_core.learning.concepts import Concept, context_prompts, plain_prompt

PLAIN = "plain"  # the context of a prompt without one
DIFFERS = "differs"  # how far a picture lies from the plain prompt's of the same noise
KEEPS, HAS, BOTH = "concept_seen", "context_seen", "both_seen"
CALLED = {HAS: "context there (C)", KEEPS: "concept kept (K)", BOTH: "both (B)", DIFFERS: "differs from plain"}
PAIR = ("concept", "seed", "prompt", "image")


def contexts_of(concept: Concept, many: int) -> dict[str, str]:
    """Prompt -> the context that it names: what a person is asked to do, and `many` places or, of a style, subjects.

    A girl dances with a boy, or the oracle could not tell who is there.
    """
    partner = "a boy" if concept.class_word == "girl" else "a girl"
    poses = ("doing ballet", "dancing", f"dancing with {partner}") if concept.kind == "person" else ()
    posed = {f"{plain_prompt(concept.kind)} {pose}": pose for pose in poses}
    return posed | dict(list(context_prompts(concept.kind).items())[:many])


def draw_ways(draw: Callable, ways: Mapping[int, Mapping], texts: Sequence[str]) -> pd.DataFrame:
    """Pictures of each word of a concept, with its `reading` and the seed it was `trained` from.

    draw(word or None, texts, word=what stands in its place) -> pictures; ways: training seed -> reading -> what stands
    in the word's place, and the rows that it needs. What needs none was not learned: it is drawn once, without a seed.
    """
    tables, first = [], next(iter(ways))
    for seed, own in ways.items():
        for reading, (fill, words) in own.items():
            if words or seed == first:
                drawn = draw(words[0] if words else None, texts, word=fill)
                arm, trained = f"{reading} {seed}", seed if words else np.nan
                tables.append(drawn.assign(arm=arm, reading=reading, trained=trained))
    return pd.concat(tables, ignore_index=True)


def seen(look: Callable, pictures: pd.DataFrame, phrases: Mapping[str, str]) -> pd.DataFrame:
    """What `look(pictures, phrases)` sees, asked twice where a phrase asks for two things, a dance and a partner."""
    halves = {prompt: (said, said) for prompt, said in phrases.items()}
    for prompt, said in phrases.items():
        if said.startswith("dancing with "):
            halves[prompt] = ("dancing", said.removeprefix("dancing "))
    one, other = (look(pictures, {prompt: half[i] for prompt, half in halves.items()}) for i in (0, 1))
    one[HAS] *= other[HAS]
    one[BOTH] = one[KEEPS] * one[HAS]
    return one[list(OUTCOMES)]


def picture_differences(pictures: pd.DataFrame, plain: str, judge) -> pd.Series:
    """1 - cosine of each picture to the `plain` prompt's of the same arm, step and noise; NaN for the plain ones."""
    table = pictures.reset_index(drop=True)
    features = judge.image_features(list(table["image"]))
    same = ["arm", "step", "seed"]
    of_plain = table[table["prompt"] == plain].reset_index().set_index(same)["index"]
    base = torch.tensor(of_plain.loc[list(table[same].itertuples(index=False, name=None))].to_list())
    differs = 1 - (features * features[base]).sum(1).double().numpy()
    return pd.Series(np.where(table["prompt"] == plain, np.nan, differs), index=pictures.index)


def beside_every_seed(scores: pd.DataFrame, seeds: Sequence[int]) -> pd.DataFrame:
    """`scores` with what has no training seed of its own (the class word, a true name) repeated for each."""
    lacks = scores["seed"].isna()
    repeated = scores[lacks].drop(columns="seed").merge(pd.DataFrame(dict(seed=seeds)), how="cross")
    return pd.concat([scores[~lacks].astype({"seed": int}), repeated], ignore_index=True)


def evidence_of(scores: pd.DataFrame) -> str:
    """The outcome that judges: whether the context is there, by the oracle; without one, the picture's difference."""
    return HAS if scores[HAS].notna().any() else DIFFERS


def lost(scores: pd.DataFrame, value: str) -> pd.DataFrame:
    """By picture with a context and reading: `value` of the class word's from the same noise minus its own."""
    own = scores[scores["context"] != PLAIN].dropna(subset=[value])
    base = own[own["reading"] == CLASS].set_index(list(PAIR))[value]
    own = own.assign(value=own.set_index(list(PAIR)).index.map(base).astype(float) - own[value].astype(float))
    return own[[*PAIR, "context", "reading", "value"]].dropna()


def by_context(scores: pd.DataFrame) -> pd.DataFrame:
    """Context and reading: every outcome, mean over concepts, and how many concepts; the plain prompt's first."""
    of_concept = scores.groupby(["context", "reading", "concept"], sort=False)[list(CALLED)].mean()
    grouped = of_concept.groupby(["context", "reading"], sort=False)
    table = grouped.mean().assign(concepts=grouped.size()).reset_index()
    table["reading"] = pd.Categorical(table["reading"], READINGS, ordered=True)
    first = [PLAIN, *[said for said in dict.fromkeys(table["context"]) if said != PLAIN]]
    table["context"] = pd.Categorical(table["context"], first, ordered=True)
    table = table.sort_values(["context", "reading"], ignore_index=True)
    return table.astype({"context": str, "reading": str})


def context_verdicts(losses: pd.DataFrame, scores: pd.DataFrame, value: str, readings: Sequence[str]) -> pd.DataFrame:
    """Context and reading: the loss of `value` with its interval and, by the interval alone, whether there is one."""
    rows, shares = [], value == HAS
    of_class = scores[scores["reading"] == CLASS].groupby("context")[value].mean()
    for (context, reading), own in losses.groupby(["context", "reading"], sort=False):
        if reading in readings:
            found, asked = interval(own), something_to_lose(of_class[context], shares)
            said = verdict(found, smallest=SMALLEST_SHARE if shares else COSINE) if asked else "undecided"
            line = dict(context=context, reading=reading, concepts=found.concepts, lost=said)
            rows.append(line | dict(loss=found.estimate, low=found.low, high=found.high))
    return pd.DataFrame(rows, columns=["context", "reading", "concepts", "loss", "low", "high", "lost"])


def gained(scores: pd.DataFrame, value: str, context: str, new: str, base: str):
    """Interval of `value` in one context, reading `new` minus `base`, from the same training seed and noise."""
    rows = scores[scores["context"] == context].dropna(subset=[value]).rename(columns={value: "value"})
    return between(rows, new, base)


def context_table(table: pd.DataFrame, readings: Sequence[str] = READINGS):
    """`by_context` as a page shows it: a row a context, the outcomes side by side, a column a reading."""
    wide = table.pivot(index="context", columns="reading", values=list(CALLED)).reindex(dict.fromkeys(table["context"]))
    there = [(value, reading) for value in CALLED for reading in readings if (value, reading) in wide]
    wide = wide[there].astype(float).dropna(axis=1, how="all").rename(columns=CALLED, level=0)
    return wide.rename_axis(index=None, columns=[None, None]).style.format("{:.2f}", na_rep="–")
