"""Learned rows beside the true name's, on rows and tables whose answer is known."""

import numpy as np
import pandas as pd
import pytest
import torch

from study.analysis import known_names as analysis
from study.analysis.known_names import ANY, KL, SD, TI, TRUE
from study.contrasts import decided

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
    assert "of 301 words, the true name is the 5th nearest" in analysis.ranks_said(where, 301)
    assert "the 22nd" in analysis.ranks_said(where.assign(rank=22.0), 301)
    assert "the 13th" in analysis.ranks_said(where.assign(rank=13.0), 301)
    assert analysis.firsts_said(where) == "0 %" and analysis.firsts_said(where.assign(rank=1.0)) == "100 %"
    assert "no single words" in analysis.ranks_said(where.assign(rank=np.nan), 301)
    shares = pd.DataFrame(dict(method=[TRUE, TI], concept="oak", seed=0, K=[0.9, 0.5], B=np.nan))
    assert analysis.rates_said(shares, "K") == f"{TRUE} 90 %, {TI} 50 %"
    assert analysis.rates_said(shares, "B") == "known by CLIP only"


def test_a_table_has_the_columns_that_somebody_has():
    where = rows_of(COSINE | {ANY: 0.0}, OTHERS | {ANY: 0.0}, FARTHER | {ANY: 0.5})
    shares = where[["method", "concept", "seed"]].assign(K=0.5, C=np.nan, B=np.nan)
    probes = where[["method", "concept", "seed"]].assign(reads=0.7)
    table = analysis.by_method(where, shares, probes)
    assert list(table.index) == [TI, KL, SD, ANY] and table.at[KL, "K"] == 0.5
    shown = analysis.method_table(table).to_html()
    assert "reads as the name" in shown and ">C<" not in shown
    assert len(analysis.by_method(where, shares, probes[:0])) == 4
