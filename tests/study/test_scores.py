"""What pages show of scores: steps picked evenly, both lines of the heading, anchors above steps."""

import pandas as pd

from study.scores import against_every_seed, dense_early, nearest_by_step, score_columns, scores_by_step, some_of


def test_some_steps_keep_the_ends():
    assert some_of([0, 1, 2, 3, 4], 3) == [0, 2, 4]
    assert some_of([0, 5], 11) == [0, 5] and some_of([0], 3) == [0]


def test_scores_are_means_of_concepts_not_of_rows():
    rows = [("oak", 0, 0.0)] * 3 + [("hall", 0, 1.0), ("oak", 9, 0.5), ("hall", 9, 0.5)]
    summary = pd.DataFrame(rows, columns=["concept", "step", "value"])
    summary = summary.assign(**dict.fromkeys(score_columns(), summary["value"]))
    anchors = summary[summary["step"] == 9].assign(arm=["image_only", "plain"])
    table = scores_by_step(summary, anchors)
    assert list(table.index) == ["image-only", "prompt-only", 0, 9]
    assert (table.loc[0] == 0.5).all()
    assert ("reconstruction", "held out") in table and ("context only", "of mean") in table


def test_near_words_stand_in_their_order():
    words = pd.DataFrame(
        [("oak", 0, "tree", 1.0), ("oak", 0, "bush", 0.5), ("oak", 9, "car", 0.25), ("oak", 5, "x", 0.1)],
        columns=["concept", "step", "word", "cosine"],
    )
    table = nearest_by_step(words, [0, 9])
    assert table.loc["oak"].to_dict() == {0: "tree (1.00), bush (0.50)", 9: "car (0.25)"}


def test_what_has_no_seed_stands_beside_every_one():
    scores = pd.DataFrame(dict(method=["plain", "learned", "learned", "other"], seed=[None, 3, 4, 3], value=range(4)))
    table = against_every_seed(scores, "plain", ["learned"], [3, 4])
    assert table.groupby("method")["seed"].agg(list).to_dict() == {"learned": [3, 4], "plain": [3, 4]}


def test_steps_looked_at_are_dense_where_a_word_moves_fastest():
    assert dense_early(4) == [4] and dense_early(60) == [25, 50, 60]
    many = dense_early(5000)
    assert many[:4] == [25, 50, 100, 200] and many[-1] == 5000 and many == sorted({*many})
    assert sum(1000 <= step <= 3500 for step in many) == 6 and 500 in many and dense_early(4750)[-2:] == [4500, 4750]
