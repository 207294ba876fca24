"""The metrics against their definitions, written out."""

import math

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import draw
from hypothesis import given
from hypothesis import strategies as st

from textinv_core.evaluation import metrics
from textinv_core.evaluation.metrics import (
    calibrate,
    combine,
    evaluate,
    hypervolume,
    image_only,
    judge_texts,
    summarise,
)
from textinv_core.learning.concepts import load_images


def reconstruction(generated, references):
    """Mean cosine over all pairs of features (Gal et al. 2022, sec. 4.2)."""
    return float((generated @ references.T).mean())


def editability(images, text):
    """Mean of the cosines: the released code's averaging."""
    return float((images @ text).mean())


def editability_of_mean(images, text):
    """Cosine between the mean image feature and the text's: the paper's averaging."""
    return float(torch.nn.functional.normalize(images.mean(0), dim=-1) @ text)


PLAIN, FOREST, NIGHT = "a photo of {}", "a photo of {} in the forest", "a photo of {} at night"


@pytest.fixture
def images():
    """Two arms, three prompts, two seeds."""
    rows = [
        dict(arm=arm, step=10, prompt=prompt, text="", seed=seed, image=draw(2 * a + p + 3 * seed, (32, 32)))
        for a, arm in enumerate(("aa", "bb"))
        for p, prompt in enumerate((PLAIN, FOREST, NIGHT))
        for seed in (0, 1)
    ]
    return pd.DataFrame(rows)


def test_one_row_a_picture_with_the_cosines_the_definitions_give(images, concept, judge):
    table = evaluate(images, concept, judge)
    assert len(table) == len(images) and "image" not in table and set(table["concept"]) == {"red_tower"}
    features = judge.image_features(list(images["image"]))
    references = judge.image_features(load_images(concept.images, 32))
    texts = judge.text_features(["a photo of in the forest", "a photo of a tower in the forest", "in the forest"])
    row = table.index[(table["arm"] == "bb") & (table["prompt"] == FOREST) & (table["seed"] == 1)][0]
    found = table.loc[row, ["text_deleted", "text_class", "text_context"]].astype(float).to_numpy()
    np.testing.assert_allclose(found, (texts @ features[row]).numpy(), rtol=1e-5)
    assert table["reconstruction"][row] == pytest.approx(
        reconstruction(features[row : row + 1], references), rel=1e-5
    )
    plain = table[table["prompt"] == PLAIN]
    assert plain["text_context"].isna().all() and plain["text_deleted"].notna().all()


def test_the_summary_has_both_averagings_and_three_texts(images, concept, judge):
    table = evaluate(images, concept, judge)
    summary = summarise(table, PLAIN).set_index("arm")
    features = judge.image_features(list(images["image"]))

    def pick(arm, prompt):
        return features[images.index[(images["arm"] == arm) & (images["prompt"] == prompt)].tolist()]

    for arm in ("aa", "bb"):
        references = judge.image_features(load_images(concept.images, 32))
        assert summary.loc[arm, "reconstruction"] == pytest.approx(
            reconstruction(pick(arm, PLAIN), references), rel=1e-5
        )
        for kind in metrics.TEXTS:
            texts = {prompt: judge.text_features([judge_texts(prompt, concept)[kind]])[0] for prompt in (FOREST, NIGHT)}
            expected = np.mean([editability(pick(arm, p), text) for p, text in texts.items()])
            of_mean = np.mean([editability_of_mean(pick(arm, p), text) for p, text in texts.items()])
            assert summary.loc[arm, f"editability_{kind}"] == pytest.approx(expected, rel=1e-5)
            assert summary.loc[arm, f"editability_{kind}_of_mean"] == pytest.approx(of_mean, rel=1e-5)
            assert abs(of_mean) >= abs(expected)  # the mean feature is shorter than 1


def test_the_image_only_anchor_is_evaluated_like_any_arm(concept, judge):
    table = evaluate(image_only(concept, [PLAIN, FOREST], 32), concept, judge)
    references = judge.image_features(load_images(concept.images, 32))
    anchor = summarise(table, PLAIN)
    assert anchor["arm"].tolist() == ["image_only"]
    assert anchor["reconstruction"][0] == pytest.approx(reconstruction(references, references), rel=1e-5)


def test_no_reading_of_a_prompt_holds_the_placeholder(concept):
    readings = judge_texts(NIGHT, concept)
    assert readings == {"deleted": "a photo of at night", "class": "a photo of a tower at night", "context": "at night"}
    assert judge_texts("{} on mars", concept, "on mars")["context"] == "on mars"
    assert judge_texts(PLAIN, concept)["context"] == ""


def test_bad_tables_are_one_line(images, concept, judge):
    with pytest.raises(ValueError, match="lacks the columns prompt, seed"):
        evaluate(images.drop(columns=["prompt", "seed"]), concept, judge)
    with pytest.raises(ValueError, match="plain prompt"):
        summarise(evaluate(images[images["prompt"] == NIGHT], concept, judge), PLAIN)


# --- calibration -----------------------------------------------------------------------------------


def test_calibration_is_the_share_of_the_null_that_is_lower():
    null = np.arange(200) / 200
    assert calibrate([-1, 0, 0.5, 2], null).tolist() == [0, 0, 0.5, 1]
    for short in (null[:199], np.append(null, np.nan)):
        with pytest.raises(ValueError, match="200"):
            calibrate([0.5], short)


@given(
    st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), min_size=1, max_size=8),
    st.floats(0.1, 10),
    st.floats(-1, 1),
)
def test_harmony_does_not_change_when_a_similarity_is_rescaled(pairs, scale, shift):
    subject, text = np.round(np.array(pairs), 3).T
    null = np.linspace(-0.9005, 0.9005, 300)
    one = combine(subject, text, subject_null=null, text_null=null)
    other = combine(subject, text * scale + shift, subject_null=null, text_null=null * scale + shift)
    for column in ("u_subject", "u_text", "harmony", "minimum"):
        np.testing.assert_allclose(one[column], other[column], atol=1 / 300)
    assert (one["harmony"] >= one["minimum"] - 1e-12).all() and one["harmony"].between(0, 1).all()


def test_the_raw_combinations_are_reported_beside():
    null = np.linspace(-1, 1, 201)
    row = combine([0.5], [0.25], subject_null=null, text_null=null).iloc[0]
    assert (row["raw_sum"], row["raw_product"]) == (0.75, 0.125) and row["raw_harmonic_mean"] == pytest.approx(1 / 3)
    assert row["harmony"] == pytest.approx(math.sqrt(row["u_subject"] * row["u_text"]))
    assert row["mean_z"] == pytest.approx(0.375 / null.std())


# --- a method's score ------------------------------------------------------------------------------


def test_anchors_are_0_and_1():
    assert metrics.normalised([0.6, 0.8], floor=0.6, ceiling=0.8).tolist() == [0, 1]
    with pytest.raises(ValueError, match="anchors"):
        metrics.normalised([0.6], floor=0.8, ceiling=0.8)


def test_hypervolume_is_the_dominated_area():
    assert hypervolume([1], [1]) == 1 and hypervolume([0.5], [0.4]) == pytest.approx(0.2)
    assert hypervolume([0.5, 0.25], [0.4, 1]) == pytest.approx(0.25 + 0.25 * 0.4)
    assert hypervolume([0.5, 0.4], [0.4, 0.3]) == pytest.approx(0.2)  # a dominated point adds nothing
    assert hypervolume([-1], [1]) == 0 == hypervolume([], [])


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=6))
def test_hypervolume_equals_counting_a_grid(points):
    R, E = np.array(points).T
    axis = (np.arange(200) + 0.5) / 200
    counted = ((axis[:, None, None] < R) & (axis[None, :, None] < E)).any(-1).mean()
    assert hypervolume(R, E) == pytest.approx(counted, abs=0.02)


def test_editability_at_equal_reconstruction():
    R, E = [0.2, 0.6, 1.0], [1.0, 0.5, 0.1]
    assert metrics.editability_at(0.4, R, E) == pytest.approx(0.75)
    assert math.isnan(metrics.editability_at(0.1, R, E)) and math.isnan(metrics.editability_at(1.1, R, E))
    assert metrics.editability_at(0.4, R[::-1], E[::-1]) == pytest.approx(0.75)

