"""The oracle's questions and its pictures of the study's concepts: what is masked, asked, and no concept."""

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from pocket_world.first import oracle, oracle_concepts, study_concepts, witness

from textinv_core.learning.concepts import context_prompts

HEADS = oracle.world_heads()


@pytest.fixture(scope="module")
def pictures():
    """Six pictures of each concept and six imposters."""
    pytest.importorskip("resvg_py")
    return list(oracle_concepts.concept_pictures("test", 0, 6, 6))


def answers_of(logits, head="concept"):
    return {head: {"labels": HEADS[head], "probability": logits.softmax(1).numpy()}}


def labels(attributes, head):
    row = oracle.truth_table([{"attributes": attributes}], HEADS)[0]
    number = int(row[list(HEADS).index(head)])
    return None if number == oracle.IGNORE else HEADS[head][number]


def test_the_concept_head_is_the_last_and_knows_all_eight():
    assert list(HEADS)[-1] == "concept"
    assert HEADS["concept"] == (*study_concepts.CONCEPTS_TABLE, oracle.NONE)


@pytest.mark.parametrize("kind", ["person", "style", "object"])
def test_every_context_of_the_study_is_a_label_of_the_oracle(kind):
    for phrase in context_prompts(kind).values():
        for head, label in oracle.context_of(phrase).items():
            assert label in HEADS[head], phrase


def test_contexts_say_what_they_mean():
    assert oracle.context_of("in the forest") == {"scene": "forest"}
    assert oracle.context_of("doing ballet") == {"person.pose": "ballet"}
    assert oracle.context_of("in the style of fantasy") == {"style": "fantasy"}
    assert oracle.context_of("a woman") == {"subject": "woman"} and oracle.context_of("a lake") == {"scene": "lake"}
    assert oracle.context_of("in a spaceship") is None
    oracle.context_of("a woman")["subject"] = "changed by the caller"
    assert oracle.context_of("a woman") == {"subject": "woman"}


def test_acceptance_falls_with_the_threshold_and_with_every_further_question():
    torch.manual_seed(0)
    answers = answers_of(3 * torch.randn(200, len(HEADS["concept"])))
    answers |= answers_of(3 * torch.randn(200, len(HEADS["scene"])), "scene")
    taken = [oracle.accepts(answers, concept="elder_tree", threshold=t) for t in np.linspace(0, 1, 11)]
    assert all((low >= high).all() for low, high in zip(taken, taken[1:], strict=False))
    assert taken[0].all() and 0 < taken[5].sum() < 200
    both = oracle.accepts(answers, concept="elder_tree", **oracle.context_of("in the forest"), threshold=0.1)
    assert (both == (taken[1] & oracle.accepts(answers, scene="forest", threshold=0.1))).all()


def test_a_question_without_an_answer_is_an_error():
    answers = answers_of(torch.zeros(1, len(HEADS["concept"])))
    for asked in ({}, {"concept": "tree"}, {"scene": "forest"}):
        with pytest.raises(ValueError, match="certainty"):
            oracle.accepts(answers, **asked)


def test_equal_seeds_draw_equal_concepts(pictures):
    again = oracle_concepts.concept_pictures("test", 0, 6, 6)
    other = oracle_concepts.concept_pictures("other", 0, 6, 6)
    assert all(np.array_equal(a[0], b[0]) and a[1] == b[1] for a, b in zip(pictures, again, strict=True))
    assert not all(np.array_equal(a[0], b[0]) for a, b in zip(pictures, other, strict=True))


def test_imposters_are_labelled_none_and_concepts_by_name(pictures):
    for name in study_concepts.CONCEPTS_TABLE:
        told = [labels(a, "concept") for _, a in pictures if a["of"] == name]
        assert sorted(told) == sorted([name] * 6 + [oracle.NONE] * 6)


def test_what_a_concept_picture_does_not_say_is_masked(pictures):
    for image, attributes in pictures:
        assert image.shape == (64, 64, 3) and image.dtype == np.uint8
        assert all(labels(attributes, head) is None for head in ("second", "count", "colour"))
        assert labels(attributes, "scene") == (attributes["scene"] or oracle.NONE)
        style = attributes["of"] == study_concepts.STYLE_CONCEPT
        assert (labels(attributes, "subject") is not None) == style
        if attributes["concept"] == study_concepts.PERSON_CONCEPT:
            assert labels(attributes, "person.hair_style") is None  # the world has no quiff
            assert labels(attributes, "person.pose") == attributes["person"]["pose"]
            assert labels(attributes, "person.glasses") == "yes"


def test_another_look_differs_in_at_least_two_attributes():
    rng, own = np.random.default_rng(0), study_concepts.JOLLY
    for _ in range(200):
        look = oracle_concepts.other_look(rng)
        assert set(look) == set(own) and sum(look[name] != own[name] for name in own) >= 2


def test_a_turned_hue_is_another_colour_of_the_same_light():
    image = np.full((2, 2, 3), (200, 40, 40), np.uint8)
    assert np.abs(oracle_concepts.turn_hue(image, 120).astype(int) - (40, 200, 40)).max() <= 5
    assert np.ptp(oracle_concepts.turn_hue(image, None), -1).max() == 0


def test_what_the_oracle_sees_stands_beside_each_picture():
    rng, scenes = np.random.default_rng(0), ["forest", "beach"] * 4
    images = [study_concepts.draw("elder_tree", rng, scene=scene, size=64)[0] for scene in scenes]
    pictures = pd.DataFrame(dict(prompt=scenes, image=[Image.fromarray(image) for image in images]), index=range(5, 13))
    shipped = witness.open_oracle("pocket")
    seen = witness.sees(shipped, pictures, {"forest": "in the forest"}, "elder_tree")
    answers = shipped(list(pictures["image"]))
    forest = (pictures["prompt"] == "forest").to_numpy()
    assert seen.index.equals(pictures.index) and seen["concept_seen"].mean() > 0.8
    assert list(seen["context_seen"][forest]) == list(oracle.accepts(answers, scene="forest")[forest].astype(float))
    assert seen["context_seen"][~forest].isna().all()  # a prompt without a phrase asks for nothing
    assert witness.sees(shipped, pictures, {}, "somebody's own")["concept_seen"].isna().all()
    assert witness.sees(None, pictures, {"forest": "in the forest"}).isna().all(axis=None)
    assert witness.open_oracle("some/other") is None
