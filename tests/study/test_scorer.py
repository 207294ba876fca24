"""A scorer: pictures keep their places and lose their pixels, whatever their order."""

import pandas as pd
import pytest
import torch

from study.scorer import Scorer
from textinv_core.evaluation.nulls import Nulls
from textinv_core.evaluation.ranking import context_features
from textinv_core.learning.concepts import load_images

PROMPT, OTHER = "a photo of {} at night", "a photo of {} on the beach"


@pytest.fixture
def scorer(concept, judge):
    random = torch.nn.functional.normalize(torch.randn(404, 16, generator=torch.Generator().manual_seed(0)), dim=-1)
    nulls = Nulls(random, (PROMPT,) * 4 + (OTHER,) * 400, {})
    references = judge.image_features(load_images(concept.images, 32))
    return Scorer("a judge", judge, nulls, references, context_features([PROMPT], concept, judge))


@pytest.fixture
def rows(concept):
    images = load_images(concept.images[:2], 32)
    return pd.DataFrame(dict(prompt=PROMPT, text="as said", seed=[4, 5], image=images), index=[7, 3])


def test_rows_keep_their_places_and_get_every_score(scorer, rows):
    found = scorer(rows)
    assert list(found.index) == [7, 3] and list(found["seed"]) == [4, 5] and set(found["judge"]) == {"a judge"}
    assert "image" not in found and found[["subject", "text", "harmony", "accord", "raw_sum"]].notna().all(axis=None)


def test_a_picture_scores_the_same_in_any_order(scorer, rows):
    pd.testing.assert_frame_equal(scorer(rows[::-1])[::-1], scorer(rows))
