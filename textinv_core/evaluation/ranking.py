"""Rank a batch: which pictures of one concept and prompt show both the concept and what the prompt says.

A raw cosine means little by itself; here each is read beside `Nulls`, pictures of the same class by the plain model.
All but `rank` works on features. The scores rank pictures of one concept and one prompt; they are not to be compared
between prompts or concepts, nor used with nulls of fewer than 200 pictures.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from PIL import Image
from scipy.stats import rankdata, somersd
from torch import Tensor

from textinv_core.evaluation.judges import weights_name
from textinv_core.evaluation.metrics import combine, judge_texts
from textinv_core.evaluation.nulls import Nulls
from textinv_core.learning.concepts import Concept, load_images


def subject_similarity(features: Tensor, references: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Mean cosine of features (N, D) to references (M, D): (N,); and of each reference to the others: (M,)."""
    own = ((references @ references.T).sum(1) - 1) / (len(references) - 1) if len(references) > 1 else torch.zeros(0)
    return (features @ references.T).mean(1).double().numpy(), own.double().numpy()


def score(
    features: Tensor,  # (N, D), the judge's, as are all here
    prompts: Sequence[str],  # (N,), what each picture was drawn for
    texts: Mapping[str, Tensor],  # prompt -> the judge's feature (D,) of its context
    references: Tensor,  # (M, D), of the concept's pictures
    nulls: Nulls,
) -> pd.DataFrame:
    """One row per picture, in the order given: the cosines `subject` and `text`, and every `combine` of them."""
    similar, own = subject_similarity(features, references)
    subject_null, _ = subject_similarity(nulls.pictures, references)
    prompts, tables = np.asarray(prompts), []
    for prompt in dict.fromkeys(prompts.tolist()):
        rows = np.flatnonzero(prompts == prompt)
        fits = (features[rows] @ texts[prompt]).double().numpy()
        text_null, text_hits = nulls.text(prompt, texts[prompt])
        of_null = dict(subject_null=subject_null, text_null=text_null, subject_hits=own, text_hits=text_hits)
        cosines = pd.DataFrame(dict(subject=similar[rows], text=fits))
        tables.append(pd.concat([cosines, combine(similar[rows], fits, **of_null)], axis=1).set_index(rows))
    return pd.concat(tables).sort_index()


def context_features(prompts: Sequence[str], concept: Concept, judge, context: str | None = None) -> dict[str, Tensor]:
    """Prompt -> the judge's feature of its context: of the phrase alone, as `judge_texts` reads it."""
    phrases = {prompt: judge_texts(prompt, concept, context)["context"] for prompt in dict.fromkeys(prompts)}
    for prompt, phrase in phrases.items():
        if not phrase:
            raise ValueError(f"prompt {prompt!r}: says nothing but the concept; pass the context to rank by")
    return dict(zip(phrases, judge.text_features(list(phrases.values())), strict=True))


def rank(
    images: Sequence[Image.Image],
    concept: Concept,
    prompt: str,  # with "{}", as the pictures were drawn
    nulls: Nulls,
    judge,
    *,
    context: str | None = None,  # the phrase that names the context alone; default: the concept kind's own
    by: str = "accord",  # a column of `score`
) -> pd.DataFrame:
    """A row per picture, best first: `rank` (from 1, equal for equal scores), then all of `score`.

    The index is the picture's place in `images`. Equal scores stay in the order given.
    """
    texts = context_features([prompt], concept, judge, context)
    if nulls.made and nulls.made.get("judge") != weights_name(judge):
        raise ValueError(f"nulls: made with another judge than {judge.name}")
    images = list(images)
    features, known = judge.image_features(images), load_images(concept.images, max(i.height for i in images))
    table = score(features, [prompt] * len(images), texts, judge.image_features(known), nulls)
    if by not in table or not table[by].notna().all():
        raise ValueError(f"by {by!r}: expected one of {', '.join(table.columns[table.notna().all()])}")
    table.insert(0, "rank", rankdata(-table[by], method="min").astype(int))
    return table.sort_values("rank", kind="stable")


def concordance(scores, levels) -> float:
    """The share of pairs of different level that the scores put in order, ties half; of two levels, it is the AUC.

    `(1 + D) / 2` of Somers' D (1962).
    """
    if len(np.unique(levels)) < 2:
        return float("nan")
    order = float(somersd(levels, scores).statistic) if len(np.unique(scores)) > 1 else 0.0
    return (1 + order) / 2


def best_of(scores, accepted, sizes: Sequence[int]) -> np.ndarray:
    """For each N the share accepted of the best-scored of N pictures drawn from these: exact, over all such draws.

    NaN where N is more than there are. Equal scores share their chance.
    """
    scores, accepted = np.asarray(scores, dtype=float), np.asarray(accepted, dtype=float)
    M = len(scores)
    below = rankdata(scores, method="max"), rankdata(scores, method="min") - 1  # at or below, and strictly below
    shares = np.full(len(sizes), np.nan)
    for place, N in enumerate(sizes):
        if N <= M:  # P(the best of N scores <= x) is C(at or below, N) / C(M, N); those that tie share their chance
            top, strict = (np.prod([(count - i) / (M - i) for i in range(N)], axis=0).clip(0) for count in below)
            shares[place] = accepted @ ((top - strict) / (below[0] - below[1]))
    return shares
