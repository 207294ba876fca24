"""A word drawn from the vocabulary is a word."""

import pytest

from study.vocabulary import drawn_word


def test_a_drawn_word_is_a_whole_one_and_always_the_same(tokenizer):
    drawn = [drawn_word(tokenizer, seed=seed, name="a tree", avoid=["tower"]) for seed in range(30)]
    assert drawn == [drawn_word(tokenizer, seed=seed, name="a tree", avoid=["tower"]) for seed in range(30)]
    assert len(set(drawn)) > 5 and "tower" not in drawn
    for word in drawn:
        assert word.isalpha() and len(tokenizer(word, add_special_tokens=False).input_ids) == 1
    with pytest.raises(ValueError, match="no whole word"):
        drawn_word(tokenizer, seed=0, name="", avoid=[token[:-4] for token in tokenizer.get_vocab()])
