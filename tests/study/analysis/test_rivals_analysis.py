"""The comparison of methods on made-up tables: what is chosen, who is best how often, what is said."""

import functools
import itertools
import re

import numpy as np
import pandas as pd
import pytest
from conftest import draw

from study.analysis import rivals, rivals_told
from study.analysis import rivals_compared as decide
from study.analysis import rivals_figures as figures
from study.methods import TUNED, shown_method
from textinv_core.evaluation.stats import Interval

CONCEPTS, SEEDS = [f"c{i}" for i in range(6)], [0, 1, 2]


def settings(gains, *, noise=0.02, seed=0, concepts=CONCEPTS):
    """gains: (method, value) -> B; K and C around it."""
    rng = np.random.default_rng(seed)
    rows = []
    for concept, s in itertools.product(concepts, SEEDS):
        shared = rng.normal(0, 0.1)
        for (method, value), B in gains.items():
            own = B + shared + rng.normal(0, noise)
            rows.append(dict(concept=concept, seed=s, method=method, value=value, K=own + 0.1, C=1 - own, B=own))
    return pd.DataFrame(rows)


def test_the_value_is_chosen_on_development_concepts_alone():
    table = settings({("kl", 0.1): 0.4, ("kl", 0.3): 0.5, ("naive", 1.0): 0.3})
    other = table["concept"].isin(CONCEPTS[2:]) & (table["value"] == 0.1)
    table.loc[other, "B"] += 1  # on the reporting concepts the other one is better: not looked at
    choice = rivals.tuned(table, CONCEPTS[:2])
    assert choice.loc["kl", "value"] == 0.3 and choice.loc["kl", "tried"] == 2 and choice.loc["naive", "tried"] == 1
    chosen = rivals.at_chosen(table, choice, CONCEPTS[2:])
    assert set(chosen["concept"]) == set(CONCEPTS[2:])
    assert chosen.groupby("method")["value"].unique().map(list).to_dict() == {"kl": [0.3], "naive": [1.0]}


def test_where_nothing_is_known_the_middle_value_stands_in():
    table = settings({("kl", 0.3): 0.5, ("kl", 0.1): 0.4, ("kl", 1.0): 0.4}).assign(B=np.nan)
    assert rivals.tuned(table, CONCEPTS).loc["kl", "value"] == 0.3


def test_a_method_that_no_development_concept_has_gets_the_middle_of_its_values():
    """The true name, which only concepts have that the model knows already."""
    known = settings({("true_name", 0.0): 0.9}, concepts=CONCEPTS[2:4])
    table = pd.concat([settings({("naive", 1.0): 0.3}), known], ignore_index=True)
    choice = rivals.tuned(table, CONCEPTS[:2])
    assert choice.loc["true_name", "value"] == 0.0 and np.isnan(choice.loc["true_name", "B_development"])
    assert set(rivals.at_chosen(table, choice, CONCEPTS[2:])["method"]) == {"naive", "true_name"}
    assert rivals.middle_of([0.4, 0.1, 0.2], 1) == [0.2] and rivals.middle_of([0.4, 0.1], 3) == [0.1, 0.4]


def test_the_mean_is_of_concepts_and_resampling_keeps_methods_paired():
    values = np.array([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [np.nan, np.nan]]])  # (concepts, seeds, methods)
    means = rivals.resampled(values, 200)
    np.testing.assert_allclose(means[0], [(2 + 5) / 2, (3 + 6) / 2])
    known = ~np.isnan(means).any(axis=1)
    np.testing.assert_allclose(means[known, 1] - means[known, 0], 1)  # whatever is drawn, it is drawn for both


def test_who_is_best_how_often():
    clear = settings({("kl", 0.1): 0.6, ("naive", 1.0): 0.3, ("l2", 0.1): 0.3})
    assert rivals.how_often_best(clear).to_dict() == {"kl": 1.0, "naive": 0.0, "l2": 0.0}
    alike = settings({("kl", 0.1): 0.5, ("l2", 0.1): 0.5}, noise=0.1)
    best = rivals.how_often_best(alike)
    assert best.sum() == pytest.approx(1) and best.between(0.02, 0.98).all()
    same = pd.concat([clear.query("method == 'kl'").assign(method=m) for m in ("a", "b")])
    assert rivals.how_often_best(same).to_dict() == {"a": 0.5, "b": 0.5}
    assert rivals.how_often_best(clear.assign(B=np.nan)).isna().all()


def test_context_at_equal_likeness_is_read_off_the_front():
    points = {("class word", 0.0): (0.0, 1.0), ("naive", 1.0): (0.8, 0.2), ("kl", 0.1): (0.5, 0.9)}
    rows = [
        dict(concept=c, seed=s, method=m, value=v, K=K, C=C, B=K * C)
        for c, s in itertools.product(CONCEPTS, SEEDS)
        for (m, v), (K, C) in points.items()
    ]
    table = pd.DataFrame(rows)
    found = rivals.at_equal_likeness(table, CONCEPTS, 0.4)
    assert found["naive"].estimate == pytest.approx(1 - 0.8 * 0.5)  # on the line between the two ends
    assert found["kl"].estimate == pytest.approx(1 - 0.1 * 0.8)
    assert rivals.level_of(table, CONCEPTS, 0.0) == pytest.approx(0.4) and rivals.level_of(table, CONCEPTS, 0.3) == 0.3
    assert np.isnan(rivals.at_equal_likeness(table, CONCEPTS, 0.9)["kl"].estimate)


def interval(estimate, width=0.02, concepts=6):
    return Interval(estimate, estimate - width, estimate + width, {"concept": concepts}, 0.01)


def contrast(**found):
    rows = {m: dict(interval=i, p=i.p, p_holm=i.p) for m, i in found.items()}
    return pd.DataFrame.from_dict(rows, orient="index")


def test_the_verdicts():
    control = interval(-0.3)
    won = decide.answer(contrast(kl=interval(0.1), l2=interval(0.0)), contrast(l2=interval(-0.1)), control)
    assert won == dict(any="supported", kl="supported", kl_best="supported")
    lost = decide.answer(contrast(kl=interval(0.0), l2=interval(-0.1)), contrast(l2=interval(0.1)), control)
    assert lost == dict(any="not supported", kl="not supported", kl_best="not supported")
    shown_too = decide.answer(contrast(kl=interval(0.1)), contrast(), interval(0.2))
    assert shown_too["kl"] == "undecided"  # the class word gains as much
    few = decide.answer(contrast(kl=interval(0.1, concepts=2)), contrast(), control)
    assert few["any"] == "undecided"


def test_contrasts_are_paired_and_corrected_over_all():
    table = settings({("naive", 1.0): 0.3, ("kl", 0.1): 0.4, ("l2", 0.1): 0.3})
    found = decide.contrasts(table, "naive")
    assert list(found.index) == ["kl", "l2"]
    assert found.loc["kl", "interval"].estimate == pytest.approx(0.1, abs=0.02)  # the spread of concepts cancels
    assert found.loc["kl", "interval"].low > 0.08 and (found["p_holm"] >= found["p"]).all()
    assert "KL exact +0.1" in rivals_told.said(found)


def test_one_table_and_the_advice_from_it():
    table = settings({("naive", 1.0): 0.3, ("kl", 0.1): 0.5, ("l2", 0.1): 0.5, ("tea", 0.4): 0.1}, noise=0.05)
    choice, best = rivals.tuned(table, CONCEPTS), rivals.how_often_best(table)
    one = decide.in_one_table(table, choice, {}, best, dict(kl=30.0, l2=10.0, naive=10.0, tea=10.0))
    assert set(one.index[:2]) == {"kl", "l2"} and one["B"].is_monotonic_decreasing
    assert (one["low"] < one["B"]).all() and (one["tried"] == 1).all()
    expected = table.query("method == 'kl'").groupby("concept")["B"].std().mean()
    assert one.loc["kl", "spread"] == pytest.approx(expected)
    near = decide.near_the_best(one, table)
    first, second = rivals_told.advice(one, near, 6)
    assert first.startswith("Choose ") and "resampled studies" in first
    other = {"kl": "L2 to the class word", "l2": "KL exact"}[one.index[0]]
    assert other in second and "TEA" not in second and "naive" not in second
    assert "seconds a word" in rivals_told.table_shown(one).to_html() and len(rivals_told.table_shown(one).columns) <= 6
    assert "C at equal K" in rivals_told.table_details(one).to_html()
    two = one.loc[[one.index[0], "tea"]]
    assert rivals_told.advice(two, decide.near_the_best(two, table), 6)[1].startswith("Every other method is worse")
    unknown = one.assign(B=np.nan)
    assert decide.near_the_best(unknown, table) == [] and "No method" in rivals_told.advice(unknown, [], 6)[0]


def test_a_best_at_an_end_of_what_was_tried_is_said():
    tried = dict(naive=(0.3, 1.0, 3.0), kl=(0.1, 0.3, 1.0), l2=(0.1,))
    ends = rivals_told.at_an_end(dict(naive=3.0, kl=0.3, l2=0.1), tried)
    assert ends.endswith("is the best of naive.")
    assert rivals_told.at_an_end(dict(naive=1.0, kl=0.3, l2=0.1), tried).startswith("No method")
    assert rivals_told.at_an_end(dict(naive=1.0, kl=0.1, l2=0.1), tried).endswith("beyond it lies naive: KL exact.")
    assert rivals_told.at_an_end(dict(naive=1.0, kl=1.0, l2=0.1), tried).endswith("is the best of KL exact.")


def test_the_cheapest_of_those_near_comes_first():
    table = settings({("kl", 0.1): 0.5, ("l2", 0.1): 0.5, ("dti", 0.1): 0.5}, noise=0.0)
    choice = rivals.tuned(table, CONCEPTS)

    def first(**seconds):
        one = decide.in_one_table(table, choice, {}, rivals.how_often_best(table), seconds)
        return decide.near_the_best(one, table)

    assert first(kl=30.0, l2=20.0, dti=10.0) == ["dti", "l2"]
    assert first(kl=30.0, l2=10.4, dti=10.0) == ["l2", "dti"]  # no more apart than two timings are: the plainer first
    assert first(kl=30.0, dti=10.0) == ["dti", "l2"]  # one that was not timed comes last


@pytest.mark.parametrize("by_oracle", [True, False])
@pytest.mark.parametrize(
    ("order", "words"), [(("kl", "naive"), "KL exact comes out first"), (("naive", "kl"), "no remedy")]
)
def test_the_answer_has_two_sentences_and_two_numbers(by_oracle, order, words):
    table = pd.DataFrame(dict(B=[0.5, 0.3, 0.1]), index=[*order, "early_stopping"])

    def said_of(near, table=table, concepts=8, sure=True):
        return rivals_told.in_short(table, near, concepts, by_oracle=by_oracle, sure=sure)

    said = said_of(["early_stopping", order[1]])
    assert words in said and ". Early stopping, the cheapest" in said
    assert len(re.findall(r"\d+(?:\.\d+)?", said)) <= 2
    assert "clearly behind" in said_of([]) and "stays open" in said_of([], sure=False)
    assert "so few concepts" in said_of([], concepts=1) and "no method" in said_of([], table.assign(B=np.nan))


MANY = [f"c{i}" for i in range(8)]  # enough for a sign-flip test to pass the correction
GAINS = {("class word", 0.0): 0.1, ("naive", 1.0): 0.3, ("kl", 0.1): 0.4, ("l2", 0.1): 0.35, ("dreambooth", 1e-4): 0.9}


@functools.cache  # resampling takes its time
def whole():
    table = settings(GAINS, concepts=MANY)
    return decide.compare(table, rivals.tuned(table, MANY[:2]), MANY, ["naive", "kl", "l2"], dict(kl=2.0))


def test_ceilings_stand_in_the_table_and_compete_with_nobody():
    found = whole()
    assert found.table.index[0] == "dreambooth" and "dreambooth" not in found.best
    assert set(found.against.index) == {"kl", "l2"} and set(found.over_kl.index) == {"naive", "l2"}
    assert found.control.estimate < 0 and found.verdicts["any"] == "supported"
    picked = figures.picked(found.table, ["naive", "kl", "l2"])
    assert picked == ["dreambooth", "kl", "l2", "naive", "class word"]
    html = rivals_told.contrast_table(found.against, found.over_kl).to_html()
    assert "minus naive" in html and "–" in html  # the naive word minus itself


def test_what_the_page_quotes_and_claims():
    given = dict(seeds=SEEDS, images_per_prompt=3, budget=2, tuning_seeds=1)
    tried = {method: (0.01, 0.1, 0.3, 1.0, 3.0) for method in ("naive", "kl", "l2")}
    how = dict(model="a model", learned=list(tried), tried=tried)
    said = rivals_told.told(whole(), given, by_oracle=True, **how)
    assert all(isinstance(value, str) for value in said.values())
    assert said["winner"] == "kl" and said["winner_clear"] == "yes" and said["gain_kl"].startswith("+0.")
    assert "no oracle" in rivals_told.told(whole(), given, by_oracle=False, **how)["what_B"]
    claims = rivals_told.claims(whole(), said["sizes"])
    assert [claim["verdict"] for claim in claims] == list(whole().verdicts.values())
    assert claims[0]["n"] == "8 concepts, 3 training seeds, 3 pictures a prompt"


def test_figures_have_a_line_and_a_row_for_each_method():
    found = whole()
    means, values = rivals.means_of(settings(GAINS), CONCEPTS), found.table["value"]
    for share in (True, False):
        figure = figures.front(means, values, share=share)
        assert len(figure.legends[0].get_texts()) == len(GAINS)
    unchosen = figures.front(means, values.drop("dreambooth"), share=True)  # of no development concept
    assert len(unchosen.legends[0].get_texts()) == len(GAINS) - 1
    left, right = figures.ranking(found, ["naive", "kl", "l2"]).axes
    assert [label.get_text() for label in left.get_yticklabels()] == ["KL exact", "L2 to the class word", "naive"]
    assert [bar.get_width() for bar in right.patches] == list(found.best[["kl", "l2", "naive"]])
    drawn = [dict(method=m, value=v, prompt="p", image=draw(i)) for i, (m, v) in enumerate(GAINS)]
    tiles = pd.DataFrame(drawn).set_index(["method", "value", "prompt"])["image"]
    (ax,) = figures.pictures(tiles, [draw(9)], {"p": "plain", "q": "at night"}, found.table.index, values).axes
    assert [label.get_text() for label in ax.get_yticklabels()][:2] == ["training", "DreamBooth"]


def test_pictures_of_a_concept_become_its_outcomes():
    rows = [dict(prompt=p, method="kl", value=0.1, train_seed=s, seed=i, image=i)
            for p in ("plain", "at night") for s in (0, 1) for i in (0, 1)]  # fmt: skip
    pictures = pd.DataFrame(rows)
    seen = pd.DataFrame(dict(concept_seen=1.0, context_seen=0.5, both_seen=pictures["train_seed"].astype(float)))
    table = rivals.by_oracle(seen, pictures, "c0", {"c0": "plain"}).set_index("seed")
    assert table["B"].to_dict() == {0: 0.0, 1: 1.0} and (table["K"] == 1).all() and (table["C"] == 0.5).all()
    assert list(rivals.first_pictures(pictures, 1).index) == [("kl", 0.1, "plain"), ("kl", 0.1, "at night")]


def test_without_an_oracle_the_anchors_scale_stands_in():
    scaled = settings({("naive", 1.0): 0.3}).assign(R=0.25, E=1.0)
    table = rivals.by_clip(scaled)
    assert (table["B"] == 0.5).all() and (table["K"] == 0.25).all() and (table["C"] == 1).all()
    assert rivals.by_clip(scaled.assign(R=-0.2))["B"].eq(0).all()


def test_the_methods_are_listed_with_what_was_tried():
    table = rivals_told.methods_table(["kl", "vectors"], {"kl": (0.03, 0.1), "vectors": (2, 3)}).data
    assert list(table.index) == ["KL exact", "multi-vector"] and list(table["tried"]) == ["0.03, 0.1", "2, 3"]


def test_every_method_has_a_name_of_its_own():
    assert len({shown_method(name) for name in TUNED}) == len(TUNED)
