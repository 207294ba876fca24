"""Learned rows beside the true name's, on rows and tables whose answer is known."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from study.analysis import known_names as analysis
from study.analysis import known_names_figures as figures
from study.analysis import known_names_told as told
from study.analysis import known_names_words as beside
from study.analysis.known_names import ANY, KL, SD, TI, TRUE
from study.contrasts import decided
from textinv_core.learning.concepts import context_prompts, plain_prompt
from textinv_core.learning.tokens import Embedding, initial_rows

WORDS = ["ash", "birch", "cedar", "fir"]
TABLE = torch.tensor([[2.0, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0]])


def test_a_row_that_is_the_true_name_is_first_and_nowhere_else():
    found = analysis.places(TABLE[0], WORDS, TABLE, "ash")
    assert found["rank"] == 1 and found["farther"] == 1 and found["distance"] == 0
    assert found["cosine"] == pytest.approx(1) and found["norm"] == pytest.approx(1)
    assert found["others"] == pytest.approx((0 + 0 + np.sqrt(0.5)) / 3)


def test_rank_counts_the_words_that_are_nearer():
    found = analysis.places(torch.tensor([0.0, 3.0, 0.1]), WORDS, TABLE, "ash")
    assert found["rank"] == 4 and found["farther"] == 0
    between = analysis.places(torch.tensor([1.0, 1.0, 0.0]), WORDS, TABLE, "birch")
    assert between["rank"] == pytest.approx(2) and between["farther"] == pytest.approx(1 / 3)  # ash is as near


def test_a_name_that_is_no_word_has_no_place():
    found = analysis.places(TABLE[0], WORDS, TABLE, "zelkova")
    assert np.isnan(found["rank"]) and np.isnan(found["cosine"]) and np.isfinite(found["others"])


def rows_of(cosine, others, farther, concepts=8):
    rng, rows = np.random.default_rng(0), []
    for c in range(concepts):
        for s in (0, 1, 2):
            for method in cosine:
                row = dict(method=method, concept=f"c{c}", seed=s, rank=5.0, farther=farther[method])
                noise = rng.normal(0, 0.01, 2)
                rows.append(row | dict(cosine=cosine[method] + noise[0], others=others[method] + noise[1]))
    return pd.DataFrame(rows)


def pictures_of(kept, both, concepts=8):
    rows = []
    for c in range(concepts):
        for s in (0, 1, 2):
            for method in kept:
                for k in range(10):
                    row = dict(method=method, concept=f"c{c}", seed=s, image=k)
                    rows.append(row | dict(prompt="p", is_plain=True, concept_seen=float(k < 10 * kept[method])))
                    rows.append(row | dict(prompt="q", is_plain=False, both_seen=float(k < 10 * both[method])))
    return pd.DataFrame(rows)


COSINE, OTHERS = {TI: 0.2, KL: 0.5, SD: 0.3}, {TI: 0.1, KL: 0.1, SD: 0.2}
FARTHER = {TI: 0.95, KL: 0.9, SD: 0.6}


def test_what_holds_is_supported_and_what_does_not_is_not():
    found, controls = analysis.contrasts(
        rows_of(COSINE, OTHERS, FARTHER), pictures_of({TI: 0.8, TRUE: 0.8}, {TI: 0.2, TRUE: 0.8})
    )
    assert not controls["nearer"] and found["nearer"].estimate == pytest.approx(0.3, abs=0.02)
    assert found["keeps"].estimate == 0 and found["both"].estimate == pytest.approx(-0.6)
    assert decided(analysis.QUESTIONS, found, controls).at["nearer", "verdict"] == "supported"


def test_a_row_nearer_to_every_word_is_no_finding():
    found, controls = analysis.contrasts(
        rows_of(COSINE, {TI: 0.1, KL: 0.4, SD: 0.2}, FARTHER), pictures_of({TI: 1, TRUE: 1}, {TI: 1, TRUE: 1})
    )
    assert controls["nearer"]
    assert decided(analysis.QUESTIONS, found, controls).at["nearer", "verdict"] == "undecided"


def test_a_random_word_that_is_as_near_takes_the_finding_back():
    pictures = pictures_of({TI: 1, TRUE: 1}, {TI: 1, TRUE: 1})
    for of_random, verdict in ((0.6, "supported"), (0.95, "undecided")):
        rows = rows_of(COSINE | {ANY: 0.1}, OTHERS | {ANY: 0.1}, FARTHER | {ANY: of_random})
        luck = np.random.default_rng(1).normal(0, 0.01, len(rows))
        found, controls = analysis.contrasts(rows.assign(farther=rows["farther"] + luck), pictures)
        assert decided(analysis.QUESTIONS, found, controls).at["toward", "verdict"] == verdict


def test_words_that_were_not_trained_stand_beside_every_seed():
    table = pd.DataFrame(dict(method=[TRUE, TI, TI], concept="oak", seed=[0, 0, 1], value=[1.0, 2.0, 3.0]))
    both = analysis.of_all_seeds(table, (TRUE, SD), [0, 1])
    assert both[both["method"] == TRUE]["seed"].tolist() == [0, 1] and len(both) == 4


def test_ranks_and_rates_in_words():
    where = rows_of(COSINE, OTHERS, FARTHER)
    assert "of 301 words, the true name is the 5th nearest" in told.ranks_said(where, 301)
    assert "the 22nd" in told.ranks_said(where.assign(rank=22.0), 301)
    assert "the 13th" in told.ranks_said(where.assign(rank=13.0), 301)
    assert "the true name is the nearest to" in told.ranks_said(where.assign(rank=1.0), 301)
    assert told.firsts_said(where) == "0 %" and told.firsts_said(where.assign(rank=1.0)) == "100 %"
    assert "no single words" in told.ranks_said(where.assign(rank=np.nan), 301)
    shares = pd.DataFrame(dict(method=[TRUE, TI], concept="oak", seed=0, K=[0.9, 0.5], B=np.nan))
    assert told.rates_said(shares, "K") == f"{TRUE} 90 %, {TI} 50 %"
    assert told.rates_said(shares, "B") == "known by CLIP only"


def test_the_answer_says_no_more_than_the_verdict():
    where = rows_of(COSINE, OTHERS, FARTHER)
    assert told.answer(where, 301, "supported").endswith(
        "nearest to the learned row. Training moved the row toward it."
    )
    assert told.answer(where, 301, "undecided").endswith("is undecided.")
    assert told.answer(where.assign(rank=np.nan), 301, "undecided") == f"{told.NO_RANK}."  # of no rank nothing is moved


def test_what_the_page_quotes_has_every_contrast():
    where, pictures = rows_of(COSINE, OTHERS, FARTHER), pictures_of({TI: 1, TRUE: 1}, {TI: 1, TRUE: 1})
    primary = decided(analysis.QUESTIONS, *analysis.contrasts(where, pictures))
    shares = pd.DataFrame(dict(method=[TI], concept="oak", seed=0, K=0.5, B=0.5))
    said = told.told(where, shares, primary, 301, "a model")
    assert {f"verdict_{key}" for key in analysis.QUESTIONS} < set(said)
    assert said["verdict_short"].startswith("On a model, of 301 words") and said["by_chance"] == "151"


def test_the_figure_of_rows_has_a_dot_a_concept_and_a_mean_a_word():
    where = rows_of(COSINE | {ANY: 0.0}, OTHERS | {ANY: 0.0}, FARTHER | {ANY: 0.5})
    figure = figures.rows(where)
    dots, mean = figure.axes[1].lines[:2]  # the random word comes first
    assert len(dots.get_ydata()) == 8 and mean.get_ydata()[0] == pytest.approx(0.5)
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == list(figures.WORDS.values())
    plt.close(figure)


def test_a_table_has_the_columns_that_somebody_has():
    where = rows_of(COSINE | {ANY: 0.0}, OTHERS | {ANY: 0.0}, FARTHER | {ANY: 0.5})
    shares = where[["method", "concept", "seed"]].assign(K=0.5, C=np.nan, B=np.nan)
    probes = where[["method", "concept", "seed"]].assign(reads=0.7)
    table = analysis.by_method(where, shares, probes)
    assert list(table.index) == [TI, KL, SD, ANY] and table.at[KL, "K"] == 0.5
    shown = analysis.method_table(table).to_html()
    assert "reads as the name" in shown and ">C<" not in shown
    assert len(analysis.by_method(where, shares, probes[:0])) == 4


@pytest.fixture
def words(pipe, concept):
    """The words of a concept called `castle`, and one that was learned: its row is the true name's."""
    known = concept.model_copy(update=dict(true_name="castle"))
    learned = Embedding(known.placeholder, initial_rows(pipe, "castle"), "an arm")
    return known, beside.words_of(pipe, known, [learned], [(TI, 7)])


def test_beside_a_learned_word_stand_the_name_the_class_and_any_word(words):
    known, found = words
    assert [word.method for word in found] == [TRUE, SD, ANY, TI] and {word.seed for word in found} == {7}
    name, of_class, anyone, learned = found
    assert of_class.said == "a tower" and anyone.said not in (known.true_name, known.class_word)
    assert torch.equal(name.row, learned.row) and not torch.equal(name.row, of_class.row)
    assert name.drawn_by == dict(words=None, word="castle") and learned.drawn_by["words"].placeholder == "<red-tower>"


def test_the_true_name_reads_as_itself(words, judge):
    known, found = words
    texts = [plain_prompt(known.kind), *list(context_prompts(known.kind))[:2]]
    rows = pd.DataFrame(beside.read_by(judge, known, texts, found[:3], 32)).set_index("method")
    assert rows.loc[TRUE, "reads"] == pytest.approx(1) and rows.loc[ANY, "reads"] < 1
    assert (rows["context"] > 0).all() and list(rows["concept"].unique()) == [known.name]
    assert np.isnan(beside.read_by(judge, known, texts[:1], found[:1], 32)[0]["context"])
    assert beside.read_by(None, known, texts, found, 32) == []


def test_the_figure_shows_the_first_picture_of_each_word_and_prompt(concept):
    known = concept.model_copy(update=dict(true_name="castle"))
    texts = [plain_prompt(known.kind), *list(context_prompts(known.kind))[:2]]
    greys = {(TRUE, 0): 10, (TRUE, 1): 20, (TI, 0): 30, (TI, 1): 40}
    drawn = [
        (method, pd.DataFrame(dict(prompt=texts, image=[Image.new("RGB", (8, 8), (grey + i,) * 3) for i in range(3)])))
        for (method, _), grey in greys.items()
    ]
    tiles = figures.tiles_of(known, texts, drawn)
    assert [tile["image"].getpixel((0, 0))[0] for tile in tiles if tile["row"] == TI] == [30, 40, 31, 41]
    assert {tile["panel"] for tile in tiles} == set(figures.PANELS)  # a third prompt is not shown
    plain, context = figures.pictures(tiles).axes
    assert [label.get_text() for label in plain.get_yticklabels()] == [figures.PHOTO, TRUE, TI]
    assert "“castle”\n" in context.get_xticklabels()[0].get_text()
    assert len(figures.tiles_of(known, texts[:1], drawn)) == 1 + len(drawn)
