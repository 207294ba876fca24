"""A word drawn from the vocabulary is a word, and a row that stands where a word does is nearest to it."""

from types import SimpleNamespace

import pytest

from study.vocabulary import drawn_word, nearest_over_steps
from textinv_core.learning.tokens import Embedding, initial_rows


def test_a_drawn_word_is_a_whole_one_and_always_the_same(tokenizer):
    drawn = [drawn_word(tokenizer, seed=seed, name="a tree", avoid=["tower"]) for seed in range(30)]
    assert drawn == [drawn_word(tokenizer, seed=seed, name="a tree", avoid=["tower"]) for seed in range(30)]
    assert len(set(drawn)) > 5 and "tower" not in drawn
    for word in drawn:
        assert word.isalpha() and len(tokenizer(word, add_special_tokens=False).input_ids) == 1
    with pytest.raises(ValueError, match="no whole word"):
        drawn_word(tokenizer, seed=0, name="", avoid=[token[:-4] for token in tokenizer.get_vocab()])


def test_a_row_is_nearest_to_the_word_whose_row_it_is(pipe):
    rows = {0: initial_rows(pipe, "tower"), 7: -initial_rows(pipe, "tower")}
    words = SimpleNamespace(steps=(0, 7), at=lambda step: [Embedding("<x>", rows[step], "arm", step)])
    near = nearest_over_steps(pipe, {"oak": words}, k=2)
    first, second, *rest = near.itertuples()
    assert (first.step, first.word, first.concept) == (0, "tower", "oak")
    assert first.cosine == pytest.approx(1) and second.cosine < 1
    assert [row.step for row in rest] == [7, 7] and "tower" not in {row.word for row in rest}
