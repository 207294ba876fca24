"""Pictures of a concept scored beside its nulls: what a judge must know of the concept, read once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd
from torch import Tensor

from study.page import Page
from textinv_core.evaluation.judges import Judge
from textinv_core.evaluation.nulls import NULL_SEED, Nulls, cached_nulls, describe_nulls
from textinv_core.evaluation.ranking import context_features, score
from textinv_core.learning.concepts import Concept, load_images
from textinv_core.learning.models import model_hash


@dataclass(frozen=True)
class Scorer:
    """One judge and one concept."""

    called: str  # the judge
    judge: Judge
    nulls: Nulls
    references: Tensor  # (M, D), of the concept's pictures
    texts: Mapping[str, Tensor]  # prompt -> the feature (D,) of its context

    def __call__(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Pictures of the concept (a row each: prompt, image) with all their scores, and without the pictures."""
        features = self.judge.image_features(list(rows["image"]))
        found = score(features, rows["prompt"], self.texts, self.references, self.nulls).set_index(rows.index)
        kept = rows.drop(columns=["image", "text"], errors="ignore").assign(judge=self.called)
        return pd.concat([kept, found], axis=1)


def open_scorer(
    page: Page,
    concept: Concept,
    judge: Judge,
    called: str,  # the judge
    prompts: Iterable[str],  # the contexts that the nulls are drawn for
    own: Mapping[str, str],  # prompts that are not of the concept's kind -> the phrase that names their context
    pictures: int,  # of prompts other than the one scored
) -> Scorer:
    """The scorer of a concept, its nulls drawn by the plain model once and kept beside the pictures."""
    prompts = list(prompts)
    noises = range(NULL_SEED, NULL_SEED + -(-pictures // (len(prompts) - 1)))
    made = describe_nulls(concept, judge, prompts, noises, model=model_hash(page.pipe), **page.drawing)
    path = page.store.pictures.parent / "nulls" / f"{concept.name}-{called.replace(' ', '-')}.safetensors"
    nulls = cached_nulls(path, lambda: page.draw_plain(concept, prompts, noises), judge, made)
    texts = context_features([prompt for prompt in prompts if prompt not in own], concept, judge)
    for prompt, phrase in own.items():
        texts |= context_features([prompt], concept, judge, phrase)
    return Scorer(called, judge, nulls, judge.image_features(load_images(concept.images, page.side)), texts)
