"""The words, texts and pictures that the probes are made of."""

import numpy as np
import pytest
import torch
from conftest import draw
from torch.nn.functional import normalize

from study.analysis import probes_texts as asked
from study.analysis.probes import CLASS, KL, KL_SCALED, NAIVE, NAIVE_SCALED, RANDOM, READINGS, RIGHT, TRAP, TRUE
from study.vocabulary import ordinary_words
from textinv_core.learning.tokens import Embedding, initial_rows, tokenize


@pytest.fixture
def words():
    rows = torch.randn(2, 1, 32, generator=torch.Generator().manual_seed(0))
    return [Embedding("<red-tower>", row, arm) for row, arm in zip(rows, ("naive", "kl"), strict=True)]


def test_a_word_comes_with_its_controls(pipe, concept, words):
    ways = asked.ways_of(pipe, concept, 3, *words, 2.0)
    assert set(ways) == set(READINGS) - {TRUE} and ways[CLASS] == ("a tower", [])
    assert ways[NAIVE][1][0] is words[0] and ways[KL][1][0] is words[1]
    for scaled, word in ((NAIVE_SCALED, words[0]), (KL_SCALED, words[1])):
        torch.testing.assert_close(ways[scaled][1][0].rows, normalize(word.rows, dim=-1) * 2)
    (chance,) = ways[RANDOM][1][0].rows
    vocabulary = pipe.text_encoder.get_input_embeddings().weight
    assert (vocabulary == chance).all(dim=1).any() and not (initial_rows(pipe, "tower")[0] == chance).all()
    known = concept.model_copy(update={"true_name": "castle"})
    assert asked.ways_of(pipe, known, 3, *words, 2.0)[TRUE] == ("castle", [])


def test_rungs_come_from_their_folders_and_own_pictures_else_from_the_held_out(concept):
    rungs = asked.rung_images(concept, 32, 4)
    assert {rung: len(images) for rung, images in rungs.items()} == {"own": 4, "look_alike": 1}
    assert all(image.size == (32, 32) for image in rungs["own"])
    probed = concept.model_copy(update={"probes": {"own": concept.images[:1], "backpack": concept.held_out}})
    assert {k: len(v) for k, v in asked.rung_images(probed, 32, 4).items()} == {"own": 1, "backpack": 2}


def test_pairs_of_a_pose_and_of_a_place(concept):
    assert asked.posed_pairs(concept, 32, 4) == []
    probed = concept.model_copy(update={"probes": {"own": concept.held_out, "ballet": concept.images}})
    pairs = asked.posed_pairs(probed, 32, 4)
    assert [said for said, *_ in pairs] == ["doing ballet"] * 3
    assert np.array_equal(pairs[0][1], pairs[2][1]) and not np.array_equal(pairs[0][1], pairs[1][1])
    assert asked.placed_pairs(["p", "q", "r"], ["", "at night", "on the moon"]) == [
        ("at night", "p", "q"),
        ("on the moon", "p", "r"),
    ]
    assert asked.placed_pairs(["q"], ["at night"]) == []


def test_a_description_is_cut_where_the_encoder_ends(tokenizer, concept):
    text = "a photo of a man with a red tower and a dog on the beach in the forest with the lake by night"
    short = asked.fitting(tokenizer, text)
    assert text.startswith(short) and short != text and short.split()[-1] not in ("a", "the", "with", "in", "and")
    tokenize(tokenizer, [short])
    assert asked.fitting(tokenizer, "a photo of a man with a") == "a photo of a man with a"
    described = concept.model_copy(update={"description": "a red tower"})
    assert asked.description_of(described, tokenizer) == "a photo of a red tower"
    assert asked.description_of(concept, tokenizer) == ""


def test_the_vector_moves_as_far_as_the_features_do():
    """Made-up features: the trap's do not see what stands after the word."""

    def features(texts, words, *, pooling):
        seen = [float("ballet" in text and pooling == RIGHT) for text in texts]
        return torch.tensor([[1 - x, x] for x in seen])

    prompts = {"man": ["a photo of {}", "a photo of {} doing ballet"]}
    table = asked.moved({("man", 0): {NAIVE: ("<x>", [])}}, prompts, features).set_index("pooling")
    assert table.loc[RIGHT, "moved"] == 1 and table.loc[TRAP, "moved"] == 0 and table.loc[TRAP, "largest"] == 0
    assert table["after"].all()


def test_cosines_have_a_row_a_picture_and_a_column_a_context(judge, words):
    readings = {("tower", 0): {CLASS: ("a tower", []), NAIVE: ("<red-tower>", words[:1])}}
    plain = {"tower": "a photo of {}"}
    order = asked.rung_cosines(judge, readings, plain, {"tower": "a red tower"}, {"tower": {"own": [draw(0), draw(1)]}})
    assert set(order["reading"]) == {CLASS, NAIVE, "description"} and len(order) == 3 * 2 * 2
    expected = float(judge.text_features(["a photo of a tower"])[0] @ judge.image_features([draw(1)])[0])
    own = order[(order["reading"] == CLASS) & (order["pooling"] == RIGHT) & (order["image"] == 1)]
    assert own["cosine"].item() == pytest.approx(expected, abs=1e-5)
    third = asked.pair_cosines(judge, readings, plain, {"tower": [("at night", draw(0), draw(1))]})
    assert set(third["context"]) == {"at night"} and len(third) == 4
    trapped = third[(third["reading"] == NAIVE) & (third["pooling"] == TRAP)]
    assert trapped["interaction"].abs().max() < 1e-6 < third["interaction"].abs().max()
    assert asked.pair_cosines(judge, readings, plain, {}).empty


def test_a_true_name_lies_where_its_word_does(pipe, concept, words):
    known = concept.model_copy(update={"true_name": "castle"})
    readings = {(concept.name, s): asked.ways_of(pipe, known, s, *words, 1.0) for s in (0, 1)}
    places = asked.among_words(pipe, [known], readings, ordinary_words(pipe))
    assert places.groupby("reading").size().to_dict() == {NAIVE: 2, KL: 2, TRUE: 2}
    named = places[places["reading"] == TRUE]
    assert named["norm"].iloc[0] == pytest.approx(float(initial_rows(pipe, "castle").norm()))
    assert "castle" not in set(named["nearest"]) and named["cosine"].max() < 0.999


def test_words_drawn_at_random_count_as_one_by_their_mean(pipe, concept, judge, words):
    ways = asked.ways_of(pipe, concept, 3, *words, 2.0)
    more = asked.with_chance_words(pipe, concept, 3, ways)
    drawn = [embedding for reading, (_, (embedding, *_)) in list(more.items())[1:] if reading.startswith(RANDOM)]
    assert len(drawn) == asked.CHANCES and len({tuple(word.rows[0].tolist()) for word in drawn}) > asked.CHANCES / 2
    assert torch.equal(drawn[0].rows, ways[RANDOM][1][0].rows)  # the one whose pictures are drawn

    given = judge, {(concept.name, 3): more}, {concept.name: "a photo of {}"}
    each = asked.rung_cosines(*given, {}, {concept.name: {"own": [draw(0), draw(1)]}})
    one = asked.averaged(each)
    assert set(one["reading"]) == set(ways) and not one.duplicated(["reading", "pooling", "image"]).any()
    column = each[each["reading"].str.startswith(RANDOM)].groupby(["pooling", "image"])["cosine"].mean()
    found = one[one["reading"] == RANDOM].set_index(["pooling", "image"])["cosine"]
    assert found.to_dict() == pytest.approx(column.to_dict())
    same = [table[table["reading"] == KL].set_index(["pooling", "image"])["cosine"] for table in (each, one)]
    assert same[0].to_dict() == same[1].to_dict()


def test_without_a_clip_nothing_is_asked_and_without_an_oracle_no_place_is_known(judge, concept, words, pipe):
    readings = {(concept.name, 0): {CLASS: ("a tower", []), NAIVE: ("<red-tower>", words[:1])}}
    how = dict(pipe=pipe, side=32, count=2)
    plain = {concept.name: "a photo of {}"}

    def at_night(images):
        return ["", *["at night"] * (len(images) - 1)]

    for clip, places_in in ((None, None), (judge, None), (judge, at_night)):
        order, third = asked.three_probes(clip, readings, [concept], plain, places_in=places_in, **how)
        assert order.empty == (clip is None) and third.empty == (places_in is None)
    assert set(third["context"]) == {"at night"} and set(order["rung"]) == {"own", "look_alike"}
