"""Ranking: the laws it must keep, and nulls that are large enough and of this model."""

import copy
import math
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy.stats import norm

from textinv_core.evaluation import nulls as nulls_module
from textinv_core.evaluation.judges import weights_name
from textinv_core.evaluation.metrics import SMALLEST_NULL, combine, evidence
from textinv_core.evaluation.nulls import (
    Nulls,
    build_nulls,
    cached_nulls,
    describe_nulls,
    load_nulls,
    save_nulls,
)
from textinv_core.evaluation.ranking import best_of, concordance, rank, score, subject_similarity

FOREST, BEACH, NIGHT = (f"a photo of {{}} {phrase}" for phrase in ("in the forest", "on the beach", "at night"))
PROMPTS = (FOREST, BEACH, NIGHT)
D = 12


def draw(index):
    """A picture unlike the others: some coarse noise."""
    coarse = np.random.default_rng(index).integers(0, 255, (4, 4, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((32, 32), Image.Resampling.BICUBIC)


def unit(*shape, seed=0):
    return torch.nn.functional.normalize(torch.randn(*shape, generator=torch.Generator().manual_seed(seed)), dim=-1)


def random_nulls(n=330, seed=1):
    features = unit(n, D, seed=seed)
    return Nulls(features, tuple(PROMPTS[i % 3] for i in range(n)), {})


@pytest.fixture(scope="module")
def pictures():
    rows = [dict(prompt=PROMPTS[i % 3], seed=i // 3, image=draw(i)) for i in range(330)]
    return pd.DataFrame(rows)


@pytest.fixture
def nulls(pictures, concept, judge):
    return build_nulls(pictures, judge, made=describe_nulls(concept, judge, PROMPTS, range(110)))


# --- the scores ------------------------------------------------------------------------------------

cosines = st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), min_size=2, max_size=10)
COMBINED = ("accord", "harmony", "minimum", "mean_z", "raw_sum")


def combined(subject, text):
    null = norm.ppf((np.arange(300) + 0.5) / 300) * 0.1
    hits = dict(subject_hits=[0.3, 0.5, 0.45], text_hits=[0.2, 0.4])
    return combine(subject, text, subject_null=null, text_null=null, **hits)


@given(cosines, st.floats(0, 1), st.floats(0, 1))
def test_more_of_both_never_scores_less(pairs, more_subject, more_text):
    subject, text = np.array(pairs).T
    low, high = combined(subject, text), combined(subject + more_subject, text + more_text)
    for name in COMBINED:
        assert (high[name] >= low[name] - 1e-12).all(), name


@given(cosines, st.randoms())
def test_a_picture_scores_the_same_whatever_stands_beside_it(pairs, random):
    order = list(range(len(pairs)))
    random.shuffle(order)
    subject, text = np.array(pairs).T
    table = combined(subject, text)
    pd.testing.assert_frame_equal(table.iloc[order].reset_index(drop=True), combined(subject[order], text[order]))


def test_accord_is_the_probability_of_both_and_needs_both():
    table = combined([0.6, 0.6, -0.2, -0.2], [0.5, -0.2, 0.5, -0.2])
    np.testing.assert_allclose(table["accord"] ** 2, table["p_subject"] * table["p_text"])
    assert table["accord"][0] > 0.95 and (table["accord"][1:] < 0.3).all()


def test_accord_tells_apart_what_the_shares_cannot():
    table = combined([0.6, 0.6], [0.31, 0.6])  # both above all of the null
    assert table["harmony"][0] == table["harmony"][1] == 1
    assert table["accord"][0] < table["accord"][1]


def test_evidence_is_the_log_odds_of_two_gaussians():
    null, hits = np.array([-1.0, 1.0] * 100), np.array([1.0, 3.0])
    x = np.linspace(-3, 4, 9)
    np.testing.assert_allclose(evidence(x, null, hits), norm.logpdf(x, 2, 1) - norm.logpdf(x, 0, 1))
    assert evidence([1.0], null, hits)[0] == 0  # half way


@given(st.floats(-2, 2), st.floats(0.1, 3))
def test_more_similarity_is_never_evidence_against(shift, spread):
    null = np.linspace(-1, 1, 200)
    assert (np.diff(evidence([-3.0, 0.0, 3.0], null, shift + spread * np.array([-1, 1]))) > 0).all()


def test_without_hits_there_is_no_accord_and_the_rest_stays():
    null = np.linspace(-1, 1, 200)
    table = combine([0.1], [0.2], subject_null=null, text_null=null, subject_hits=[0.5], text_hits=[0.5, 0.6])
    assert table["accord"].isna().all() and table["p_subject"].isna().all()
    assert table.drop(columns=["accord", "p_subject"]).notna().all(axis=None)


def test_the_similarity_of_references_leaves_each_one_itself_out():
    references = unit(4, D)
    similar, own = subject_similarity(references[:1], references)
    assert own[0] == pytest.approx(float((references[1:] @ references[0]).mean()), rel=1e-5)
    assert similar[0] == pytest.approx(float((references @ references[0]).mean()), rel=1e-5)
    assert len(subject_similarity(references, references[:1])[1]) == 0


def test_the_texts_null_are_the_pictures_of_other_prompts():
    nulls, text = random_nulls(), unit(D)
    null, hits = nulls.text(FOREST, text)
    of_prompt = np.array(nulls.prompts) == FOREST
    np.testing.assert_allclose(null, (nulls.pictures @ text).double().numpy()[~of_prompt])
    np.testing.assert_allclose(hits, (nulls.pictures @ text).double().numpy()[of_prompt])
    assert len(nulls.text("{} on mars", text)[1]) == 0


def test_score_puts_the_cosines_through_combine():
    nulls, text, references, features = random_nulls(), unit(D, seed=2), unit(5, D, seed=3), unit(7, D, seed=4)
    prompts, texts = [FOREST, NIGHT, FOREST, FOREST, NIGHT, NIGHT, FOREST], {FOREST: text, NIGHT: text}
    table = score(features, prompts, texts, references, nulls)
    np.testing.assert_allclose(table["subject"], (features @ references.T).mean(1).double())
    np.testing.assert_allclose(table["text"], (features @ text).double())
    null = (nulls.pictures @ references.T).mean(1).numpy()
    np.testing.assert_allclose(table["u_subject"], [(null < x).mean() for x in table["subject"]])
    for i, prompt in enumerate(prompts):
        assert table["u_text"][i] == pytest.approx((nulls.text(prompt, text)[0] < table["text"][i]).mean())


# --- ranking a batch -------------------------------------------------------------------------------


def test_best_first_with_its_parts(concept, judge, nulls):
    batch = [draw(i) for i in range(6)]
    table = rank(batch, concept, FOREST, nulls, judge)
    assert list(table["rank"]) == [1, 2, 3, 4, 5, 6] and sorted(table.index) == list(range(6))
    assert table["accord"].is_monotonic_decreasing
    assert {"subject", "text", "u_subject", "u_text", "p_subject", "p_text", "harmony"} <= set(table.columns)
    by_text = rank(batch, concept, FOREST, nulls, judge, by="text")
    assert by_text["text"].is_monotonic_decreasing and not by_text["accord"].is_monotonic_decreasing


def test_the_order_of_the_batch_does_not_count(concept, judge, nulls):
    batch = [draw(i) for i in range(6)]
    there, back = rank(batch, concept, FOREST, nulls, judge), rank(batch[::-1], concept, FOREST, nulls, judge)
    assert list(there.index) == [5 - i for i in back.index]
    np.testing.assert_allclose(there["accord"], back["accord"], rtol=1e-5)


def test_equal_pictures_share_a_rank(concept, judge, nulls):
    batch = [draw(1), draw(4), draw(1)]
    table = rank(batch, concept, FOREST, nulls, judge, by="u_text")
    assert table.loc[0, "rank"] == table.loc[2, "rank"]
    assert [i for i in table.index if i != 1] == [0, 2]


def test_the_null_is_named_where_it_is_too_small(pictures, concept, judge):
    with pytest.raises(ValueError, match=f"expected {SMALLEST_NULL} or more pictures of the class word, got 199"):
        build_nulls(pictures[:199], judge)
    mostly_forest = pictures.assign(prompt=[FOREST] * 200 + [BEACH] * 130)
    one = build_nulls(mostly_forest, judge)
    with pytest.raises(ValueError, match="130 pictures of prompts other than 'a photo of {} in the forest'"):
        rank([draw(0)], concept, FOREST, one, judge)


def test_what_cannot_be_ranked_is_one_line(concept, judge, nulls):
    with pytest.raises(ValueError, match="says nothing but the concept"):
        rank([draw(0)], concept, "a photo of {}", nulls, judge)
    with pytest.raises(ValueError, match="by 'harmny': expected one of .*harmony"):
        rank([draw(0)], concept, FOREST, nulls, judge, by="harmny")
    with pytest.raises(ValueError, match="by 'accord': expected one of .*harmony"):  # not drawn for the nulls
        rank([draw(0)], concept, "{} in the snow", nulls, judge, context="in the snow")
    assert len(rank([draw(0)], concept, "{} in the snow", nulls, judge, context="in the snow", by="harmony")) == 1


# --- the cache -------------------------------------------------------------------------------------


def test_nulls_come_back_as_they_were(nulls, tmp_path):
    again = load_nulls(save_nulls(nulls, tmp_path / "nulls.safetensors"), nulls.made)
    assert torch.equal(again.pictures, nulls.pictures)
    assert again.prompts == nulls.prompts and again.made == nulls.made


def test_the_pictures_are_drawn_once_and_again_when_something_changed(pictures, concept, judge, tmp_path):
    path, drawn = tmp_path / "nulls.safetensors", []

    def drawing():
        drawn.append(1)
        return pictures

    made = describe_nulls(concept, judge, PROMPTS, range(110), model="one", guidance_scale=4.0)
    for _ in range(2):
        first = cached_nulls(path, drawing, judge, made)
    assert len(drawn) == 1 and first.made == made
    changes = dict(model="two"), dict(guidance_scale=5.0), dict(seeds=[1]), dict(data="other"), dict(more=1)
    for number, change in enumerate(changes, 2):
        with pytest.raises(ValueError, match=f"nulls.safetensors: made with another {next(iter(change))}"):
            load_nulls(path, first.made | change)
        cached_nulls(path, drawing, judge, first.made | change)
        assert len(drawn) == number
        save_nulls(first, path)


def test_a_judge_trained_anew_makes_nulls_stale(concept, judge, nulls):
    anew = replace(judge, model=copy.deepcopy(judge.model))
    assert weights_name(anew) == weights_name(judge) and len(rank([draw(0)], concept, FOREST, nulls, anew)) == 1
    with torch.no_grad():
        anew.model.visual_projection.weight.add_(0.01)
    assert weights_name(anew) != weights_name(judge) and weights_name(anew).startswith(judge.name)
    with pytest.raises(ValueError, match="nulls: made with another judge"):
        rank([draw(0)], concept, FOREST, nulls, anew)


@pytest.mark.parametrize("content", [b"", b"no tensors", None])
def test_a_torn_cache_is_drawn_again(content, pictures, judge, tmp_path):
    path = tmp_path / "nulls.safetensors"
    if content is None:
        torch.save({"pictures": torch.zeros(1)}, path)
    else:
        path.write_bytes(content)
    with pytest.raises(ValueError, match="no readable nulls"):
        load_nulls(path)
    assert len(cached_nulls(path, lambda: pictures, judge, {}).prompts) == 330


def test_a_failed_drawing_leaves_the_earlier_nulls(nulls, judge, tmp_path):
    path = save_nulls(nulls, tmp_path / "nulls.safetensors")
    with pytest.raises(ValueError, match="got 0"):
        cached_nulls(path, lambda: pd.DataFrame(dict(prompt=[], image=[])), judge, {"model": "other"})
    assert load_nulls(path, nulls.made).prompts == nulls.prompts
    assert nulls_module.SMALLEST_NULL == 200


# --- judging the scores ----------------------------------------------------------------------------


def test_concordance_counts_pairs():
    assert concordance([3, 2, 1], [2, 1, 0]) == 1 and concordance([1, 2, 3], [2, 1, 0]) == 0
    assert concordance([1, 1], [0, 1]) == 0.5 and math.isnan(concordance([1, 2], [1, 1]))
    assert concordance([0.9, 0.4, 0.6, 0.1], [1, 1, 0, 0]) == 0.75


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=7))
@settings(max_examples=60, deadline=None)
def test_best_of_is_the_average_over_all_draws(pairs):
    scores, accepted = np.array(pairs, dtype=float).T
    sizes = range(1, len(pairs) + 2)
    for N, share in zip(sizes, best_of(scores, accepted, sizes), strict=True):
        if len(pairs) < N:
            assert math.isnan(share)
            continue
        tops = []
        for some in combinations(range(len(pairs)), N):
            best = [i for i in some if scores[i] == scores[list(some)].max()]
            tops.append(accepted[best].mean())
        assert share == pytest.approx(np.mean(tops))


def test_a_perfect_score_finds_what_there_is_and_none_finds_the_average():
    accepted = np.array([1, 0, 0, 0, 1, 0, 0, 0])
    assert best_of(accepted, accepted, [1, 8]) == pytest.approx([0.25, 1])
    assert best_of(np.zeros(8), accepted, [1, 4]) == pytest.approx([0.25, 0.25])
