"""How far apart first words set pictures and rows, held against training seeds; what is left of the first word."""

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from study.seed_variance import interval_of, resampled_units, spread_between
from textinv_core.evaluation.stats import Interval

CALLED = {"own": "own word", "other": "other word", "far": "far word", "random": "random word"}
CALLED |= {"neighbour": "true name’s neighbour"}
RIVALS = ("other", "far", "random", "neighbour")
COLUMNS = ["concept", "step", "role", "words", "seeds", "cos_words", "cos_seeds"]

ByWord = Mapping[str, Mapping[tuple[int, str], Tensor]]  # concept -> step, arm -> of that learned word


def ids(arms: pd.DataFrame, concept: str, role: str, count: int | None = None) -> list[str]:
    """The arms of a concept that start from one of the four words, in the order of their training seeds."""
    return list(arms.index[(arms["concept"] == concept) & (arms["role"] == role)][:count])


def pairs_apart(arms: pd.DataFrame, features: ByWord, rows: ByWord, steps: Sequence[int]) -> pd.DataFrame:
    """One row per concept, step and rival of the own word, each value one a pair of learned words.

    `words`: 1 - cosine of pictures (`features`: (noises, D) of a word) when the first word differs, not the training
    seed; `seeds`: when the seed differs, both words the own; `cos_words`, `cos_seeds`: the same of the rows, as cosines.
    """
    lines = []
    for name, step, role in product(features, steps, RIVALS):
        mine = ids(arms, name, role)
        if not mine:
            continue
        both = ids(arms, name, "own", len(mine)), mine
        own, other = (torch.stack([features[name][step, arm] for arm in some]) for some in both)
        line = dict(concept=name, step=step, role=role)
        line |= dict(words=np.diag(spread_between(own, other)), seeds=spread_between(own))
        stacked = (torch.stack([rows[name][step, arm] for arm in some]) for some in both)
        own_row, other_row = (torch.nn.functional.normalize(r, dim=-1).double() for r in stacked)
        line |= dict(cos_words=(own_row * other_row).sum(-1).numpy(), cos_seeds=(own_row @ own_row.T).numpy())
        lines.append(line)
    return pd.DataFrame(lines, columns=COLUMNS)


def word_against_seed(apart: pd.DataFrame, role: str, step: int) -> dict[str, Interval]:
    """Means over concepts and seeds, both drawn anew; `excess`: words apart minus seeds apart, `cos_gap` of the rows."""
    some = apart[(apart["role"] == role) & (apart["step"] == step)]
    drawn = {column: resampled_units(list(some[column])) for column in ("words", "seeds", "cos_words", "cos_seeds")}
    drawn["excess"] = drawn["words"] - drawn["seeds"]
    drawn["cos_gap"] = drawn["cos_seeds"] - drawn["cos_words"]
    return {name: interval_of(samples, list(some["words"])) for name, samples in drawn.items()}


def distances(apart: pd.DataFrame, steps: Sequence[int]) -> pd.DataFrame:
    """One row per step, rival and measure of `word_against_seed`, with its interval."""
    lines = []
    for step, role in product(steps, RIVALS):
        found = word_against_seed(apart, role, step)
        for name in ("words", "seeds", "excess", "cos_words", "cos_seeds"):
            lines.append(dict(role=role, step=step, measure=name) | found[name]._asdict())
    return pd.DataFrame(lines).drop(columns=["n", "p"])


def left_over(arms: pd.DataFrame, features: ByWord, read: Mapping[str, Mapping[str, Tensor]]) -> pd.DataFrame:
    """One row per learned word and step: how much its pictures read as its first word (`reads`), how much those of the
    concept's other words with the same seed do (`others`), and the difference (`left`).

    `read`: concept -> role -> the judge's unit vector (D,) of the first word in a plain sentence.
    """
    lines = []
    for name, own in features.items():
        of_role = {role: ids(arms, name, role) for role in CALLED}
        for step, role in product(dict.fromkeys(step for step, _ in own), CALLED):
            for i, arm in enumerate(of_role[role]):
                text = read[name][role]
                rivals = [own[step, of_role[r][i]] for r in read[name] if r != role and i < len(of_role[r])]
                reads = float((own[step, arm] @ text).mean())
                others = float(np.mean([float((pictures @ text).mean()) for pictures in rivals]))
                line = dict(concept=name, step=step, role=role, seed=arms.at[arm, "seed"], arm=arm)
                lines.append(line | dict(reads=reads, others=others, left=reads - others))
    return pd.DataFrame(lines)


def remains(left: pd.DataFrame, role: str) -> tuple[float, Interval]:
    """What is `left` of a first word at the start (mean), and at the last step (over concepts and seeds)."""
    own = left[left["role"] == role]
    end = own[own["step"] == left["step"].max()].groupby("concept", sort=False)["left"]
    units = [values.to_numpy() for _, values in end]
    return float(own.loc[own["step"] == 0, "left"].mean()), interval_of(resampled_units(units), units)
