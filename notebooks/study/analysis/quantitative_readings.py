"""Editability under every reading of the word: which of them gives a fall like the one that was published."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
import yaml
from torch import Tensor

from study.scores import READINGS as TEXTS
from study.scores import against_every_seed
from study.seed_variance import interval_of, resampled_units
from textinv_core.evaluation.probes import text_features
from textinv_core.learning.tokens import encode, pool

NEAR = 0.1  # a ratio this close to the published one comes near it
SHOWN_TOKEN = {"raw": "raw token", "own": "own CLIP", "trap": "own CLIP, trap"}  # readings that see the word itself
CALLED = TEXTS | SHOWN_TOKEN
COLUMNS = {"deleted": "text_deleted", "class": "text_class", "context": "text_context", "raw": "raw"}
COLUMNS |= {"own": "own", "trap": "trap"}


def read_published(path: Path, base: str, learned: str) -> tuple[pd.DataFrame, pd.DataFrame, float]:
    """What others published, a row a method; the poster's rows by method; the share of editability that it leaves."""
    published = pd.DataFrame(yaml.safe_load(path.read_text(encoding="utf-8")))
    poster = published[published["source"].str.startswith("poster")].set_index("method")
    return published, poster, float(poster.loc[learned, "editability"] / poster.loc[base, "editability"])


@torch.no_grad()
def raw_text_features(judge, texts: Sequence[str]) -> Tensor:
    """Unit vectors (texts, D) of the judge for texts with the placeholder left in, spelt in letters."""
    net, tokenizer = judge.model, judge.tokenizer
    limit = net.config.text_config.max_position_embeddings
    ids = tokenizer(texts, padding="max_length", truncation=True, max_length=limit, return_tensors="pt").input_ids
    pooled = pool(encode(net.text_model, ids), ids.to(net.device), tokenizer.eos_token_id)
    return torch.nn.functional.normalize(net.text_projection(pooled).float().cpu(), dim=-1)


def shown_the_token(
    pictures: pd.DataFrame,  # of one concept: arm, prompt, image
    fills: Mapping[str, tuple[str, list]],  # arm -> what stands in the prompt, and the learned word where it is one
    judge,
    own_clip=None,  # the CLIP that the word was trained in, if there is one
) -> pd.DataFrame:
    """Per picture its cosine to its prompt: `raw`, and by the own CLIP `own` (pooled at the end) and `trap`; NaN without."""
    pictures = pictures.reset_index(drop=True)
    found = pd.DataFrame(np.nan, index=pictures.index, columns=list(SHOWN_TOKEN))
    seen = {"raw": judge.image_features(list(pictures["image"]))}
    if own_clip:
        seen["own"] = seen["trap"] = own_clip.image_features(list(pictures["image"]))
    prompts = list(dict.fromkeys(pictures["prompt"]))
    for arm, rows in pictures.groupby("arm", sort=False):
        fill, words = fills[arm]
        texts = [prompt.replace("{}", fill) for prompt in prompts]
        read = {"raw": raw_text_features(judge, texts)}
        for reading, pooling in (("own", "end_of_text"), ("trap", "argmax")) if own_clip else ():
            read[reading] = text_features(own_clip, texts, words, pooling=pooling)
        which = [prompts.index(prompt) for prompt in rows["prompt"]]
        for reading, features in read.items():
            cosines = (seen[reading][rows.index] * features[which]).sum(1).double().numpy()
            found.loc[rows.index, reading] = cosines
    return found


def ratios(scores: pd.DataFrame, base: str, learned: str, seeds: Sequence[int], published: float) -> pd.DataFrame:
    """One row per reading, averaging and choice of prompts: editability of both, their ratio with its interval.

    `near`: within NEAR of the `published` ratio. Over all concepts and training seeds, both drawn anew.
    """
    both = against_every_seed(scores[scores["method"].isin([base, learned])], base, [learned], seeds)
    unit = ["method", "concept", "seed"]
    of_prompt = both.groupby([*unit, "is_plain", "prompt"])[[*COLUMNS.values(), "coherence"]].mean().reset_index()
    rows = []
    for reading, column in COLUMNS.items():
        for averaging in ("mean", "of mean") if reading in TEXTS else ("mean",):
            for with_plain in (False, True) if reading in ("deleted", "class", "raw") else (False,):
                own = of_prompt if with_plain else of_prompt[~of_prompt["is_plain"]]
                value = own[column] / np.sqrt(own["coherence"]) if averaging == "of mean" else own[column]
                level = own.assign(level=value).groupby(unit)["level"].mean().dropna().unstack("seed")
                units = {
                    m: [row.to_numpy() for _, row in level.loc[m].iterrows()] if m in level.index else []
                    for m in (base, learned)
                }
                drawn = {m: resampled_units(parts) for m, parts in units.items()}
                unknown = np.full_like(drawn[base], np.nan)
                ratio = np.divide(drawn[learned], drawn[base], out=unknown, where=drawn[base] > 0)
                found = interval_of(ratio, units[learned])
                row = dict(reading=CALLED[reading], averaging=averaging)
                row |= dict(prompts="with the plain one" if with_plain else "contexts")
                row |= dict(sd=drawn[base][0], ti=drawn[learned][0])
                rows.append(row | dict(ratio=found.estimate, low=found.low, high=found.high))
    table = pd.DataFrame(rows)
    table["near"] = (table["ratio"] - published).abs() <= NEAR
    return table


def named(table: pd.DataFrame) -> list[str]:
    """What each row of `ratios` is called."""
    return [f"{row.reading}, {row.averaging}, {row.prompts}" for row in table.itertuples()]


def sees_the_token(table: pd.DataFrame) -> pd.Series:
    """Which rows of `ratios` are readings that are shown the token itself."""
    return table["reading"].isin(list(SHOWN_TOKEN.values()))


def readings_said(table: pd.DataFrame, published: float) -> str:
    """Which readings come near the published ratio; of none, the closest."""
    known = table.dropna(subset=["ratio"])
    if known.empty:
        return "no ratio is defined here, because the plain model’s editability is not above zero"
    said = pd.Series([f"{name} ({r:.2f})" for name, r in zip(named(known), known["ratio"], strict=True)], known.index)
    if not known["near"].any():
        closest = said[(known["ratio"] - published).abs().idxmin()]
        return f"none of the {len(known)} readings comes within {NEAR:g} of it; the closest is {closest}"
    near = said[known["near"]]
    return f"{len(near)} of the {len(known)} readings come within {NEAR:g} of it: {'; '.join(near)}"


def honest_span(table: pd.DataFrame) -> str:
    """From where to where the ratio lies under the readings that are not shown the token."""
    honest = table.loc[~sees_the_token(table), "ratio"].dropna()
    return f"{honest.min():.2f} to {honest.max():.2f}" if len(honest) else "not defined"
