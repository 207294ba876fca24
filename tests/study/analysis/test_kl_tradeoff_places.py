"""Where a word needs a leash: each place has its own choice of a setting, no verdict that an early stop explains."""

import numpy as np
import pandas as pd
import pytest

from study.analysis import kl_tradeoff_places as hard
from study.analysis.kl_tradeoff import BY_ORACLE, KL

NAMES = [f"c{i}" for i in range(8)]


def place(name, naive, kl, stop, names=NAMES):
    """kl: {weight: B}; the context is what B is, the concept always kept."""
    rng, rows = np.random.default_rng(0), []
    for concept in names:
        for s in range(2):
            settings = [
                ("initializer", 0.0, 1.0),
                ("naive", 0.0, naive),
                (hard.STOP, 50.0, stop),
                (hard.L2, 0.1, naive),
            ]
            settings += [(KL, w, b) for w, b in kl.items()]
            for method, strength, b in settings:
                seen = b + float(rng.normal(0, 0.005))
                own = dict(K=1.0, C=seen, B=seen)
                rows.append(dict(place=name, concept=concept, method=method, strength=strength, seed=s) | own)
    return pd.DataFrame(rows)


def found(*tables):
    return hard.where_needed(pd.concat(tables, ignore_index=True), BY_ORACLE).set_index("place")


def test_how_a_word_is_taught_in_a_place():
    how = dict(factor=10.0, vectors=4)
    assert hard.how_taught("high rate", 500, 0.01, **how) == (dict(learning_rate=pytest.approx(0.1)), 500)
    assert hard.how_taught("many steps", 500, 0.01, **how) == (dict(learning_rate=0.01), 5000)
    assert hard.how_taught("more vectors", 500, 0.01, **how)[0]["vectors"] == 4
    with pytest.raises(ValueError, match="places: expected some of one backdrop.*got 'somewhere'"):
        hard.how_taught("somewhere", 500, 0.01, **how)
    plan = hard.trained_settings(dict(vectors=4), [0.3, 0.1], [0.2])
    assert [p[:2] for p in plan] == [("naive", 0.0), (KL, 0.1), (KL, 0.3), (hard.L2, 0.2)]
    assert all(p[2]["vectors"] == 4 for p in plan)


def test_who_is_taught_what_in_which_place(concept):
    """Strangers in their own place alone; one picture of several; no scene of what the world cannot draw."""
    other, stranger = concept.model_copy(update={"name": "other"}), concept.model_copy(update={"name": "stranger"})
    how = dict(steps=100, rate=0.01, factor=10.0, vectors=4, weights=[0.3], l2=[0.1])
    places = ["one backdrop", "single picture", "many steps", "stranger"]

    def in_one_scene(c):
        return None if c is other else c

    found = list(hard.cases(places, [concept, other, stranger], ["stranger"], in_one_scene, **how))
    assert [(place, c.name) for place, c, *_ in found] == [
        ("one backdrop", concept.name),
        *((place, c.name) for place in places[1:3] for c in (concept, other)),
        ("stranger", "stranger"),
    ]
    taught = {(place, c.name): (len(t.images), updates) for place, c, t, _, updates in found}
    assert taught["single picture", "other"] == (1, 100) and taught["many steps", "other"] == (
        len(concept.images),
        1000,
    )


def test_a_setting_is_chosen_on_the_other_concepts():
    table = place("high rate", 0.2, {0.1: 0.3, 1.0: 0.6, 3.0: 0.4}, 0.2)
    odd = (table["concept"] == "c0") & (table["strength"] == 0.1) & (table["method"] == KL)
    table.loc[odd, "B"] = 1.0  # the best for c0, on c0 alone
    chosen = hard.chosen_on_others(table, "B")
    assert set(chosen.loc[chosen["method"] == KL, "strength"]) == {1.0} and not chosen["at_edge"].any()
    alone = hard.chosen_on_others(table[table["concept"] == "c0"], "B")
    assert set(alone.loc[alone["method"] == KL, "strength"]) == {1.0}  # nobody else: the middle


def test_a_leash_is_needed_where_it_helps_and_stopping_early_does_not():
    table = found(
        place("high rate", 0.2, {0.1: 0.3, 1.0: 0.6, 3.0: 0.4}, 0.2),
        place("many steps", 0.2, {0.1: 0.3, 1.0: 0.6, 3.0: 0.4}, 0.6),
        place("stranger", 0.9, {0.1: 0.9, 1.0: 0.9, 3.0: 0.7}, 0.9),
        place("single picture", 0.2, {0.1: 0.3, 1.0: 0.4, 3.0: 0.9}, 0.2),
    )
    assert table.loc["high rate", "verdict"] == "supported"
    assert table.loc["many steps", "verdict"] == "undecided"  # the control shows it too
    assert table.loc["stranger", "verdict"] == "not supported"
    assert table.loc["single picture", "at_edge"] and table.loc["single picture", "verdict"] == "undecided"
    flat = table.reset_index()
    assert hard.in_short(flat).endswith("(high rate)") and hard.in_short(flat[1:]).startswith("nowhere")
    said = hard.needed_told(flat)
    assert "A KL leash is needed: high rate (+40 points)" in said and "It brings nothing: stranger" in said
    assert "Stopping early does it too: many steps" in said
    assert hard.losing(flat).split(", ") == ["high rate", "many steps", "stranger", "single picture"]
    assert hard.left_out(["stranger", "more vectors"], flat) == "Could not be made here: more vectors."
    assert {"gain_low", "lost_estimate"} <= set(hard.flat(flat)) and "gain" not in hard.flat(flat)
    short, rest = (table(flat, BY_ORACLE) for table in (hard.place_table, hard.place_details))
    assert "is a KL leash needed?" in short.to_html() and "L2 pull" in rest.to_html() and short.data.shape[1] <= 6


def test_few_concepts_and_no_places_decide_nothing():
    few = found(place("high rate", 0.2, {0.1: 0.3, 1.0: 0.6, 3.0: 0.4}, 0.2, names=NAMES[:2]))
    assert few.loc["high rate", "verdict"] == "undecided"
    none = hard.where_needed(
        pd.DataFrame(columns=["place", "concept", "method", "strength", "seed", "K", "C", "B"]), BY_ORACLE
    )
    assert none.empty and hard.flat(none).empty
    assert hard.place_table(none, BY_ORACLE) is None and hard.place_details(none, BY_ORACLE) is None
    assert hard.told([], none)["needed_told"] == "No such place was looked at in this run."
