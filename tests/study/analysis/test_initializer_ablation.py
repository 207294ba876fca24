"""Whether the first word matters: words against seeds, contrasts, what is left of the word, and what is said."""

import numpy as np
import pandas as pd
import pytest
import torch

from study.analysis import initializer_ablation as analysis
from study.analysis import initializer_apart as distance
from textinv_core.evaluation.stats import UNKNOWN, Interval
from textinv_core.learning.arms import Arm

SEEDS = (0, 1, 2)
ROLES = ("own", "other")


def arms_of(concepts=("oak", "hall"), roles=ROLES):
    rows = [dict(arm=f"{c}-{r}-{s}", concept=c, role=r, seed=s) for c in concepts for r in roles for s in SEEDS]
    return pd.DataFrame(rows).set_index("arm")


def vectors(arms, by_role, by_seed, noises=2, D=8):
    """(step, arm) -> unit vectors (noises, D): an angle for the first word, an angle for the seed."""
    found = {}
    for arm in arms.itertuples():
        angle = by_role * ROLES.index(arm.role) + by_seed * arm.seed
        vector = torch.zeros(noises, D)
        vector[:, 0], vector[:, 1] = np.cos(angle), np.sin(angle)
        found.setdefault(arm.concept, {})[5, arm.Index] = vector
    return found


def compared(by_role, by_seed):
    arms = arms_of()
    features = vectors(arms, by_role, by_seed)
    rows = {name: {key: value[0] for key, value in own.items()} for name, own in features.items()}
    return distance.pairs_apart(arms, features, rows, [5])


def test_a_word_that_changes_nothing_sets_nothing_apart():
    found = distance.word_against_seed(compared(0.0, 0.5), "other", 5)
    assert found["words"].estimate == pytest.approx(0, abs=1e-6) and found["seeds"].estimate > 0.1
    assert found["excess"].high < 0 and found["cos_gap"].high < 0


def test_a_word_that_outdoes_the_seed_does():
    apart = compared(1.0, 0.01)
    found = distance.word_against_seed(apart, "other", 5)
    assert found["words"].estimate == pytest.approx(1 - np.cos(1.0), abs=1e-6)
    assert found["excess"].low > 0 and found["excess"].n == {"concept": 2, "seed": 6}
    table = distance.distances(apart, [5]).set_index(["role", "measure"])
    assert table.loc[("other", "excess"), "estimate"] == found["excess"].estimate
    assert np.isnan(table.loc[("far", "words"), "estimate"])  # no word started there


def test_pictures_that_read_as_all_words_alike_have_nothing_left():
    arms = arms_of(("oak",))
    features, alike = vectors(arms, 1.0, 0.0), torch.zeros(8)
    alike[2] = 1
    assert (distance.left_over(arms, features, {"oak": dict.fromkeys(ROLES, alike)})["left"] == 0).all()
    own = {"oak": {role: features["oak"][5, f"oak-{role}-0"][0] for role in ROLES}}
    left = distance.left_over(arms, features, own)
    assert left["left"].to_numpy() == pytest.approx(1 - np.cos(1.0))
    assert distance.remains(left, "own")[1].estimate == pytest.approx(1 - np.cos(1.0))


def final_of(difference):
    """Scores of both words; the other's are higher by `difference` of the concept."""
    rows = [
        dict(concept=c, seed=s, role=role, arm=f"{c}{s}{role}")
        | dict.fromkeys(analysis.MEASURES, 0.5 + 0.01 * s + (role == "other") * difference[c])
        for c in difference
        for s in range(5)
        for role in ROLES
    ]
    return pd.DataFrame(rows)


def test_contrasts_are_paired_and_only_the_primary_ones_tested():
    final = final_of({"oak": 0.1, "hall": 0.2, "car": 0.3})
    table = analysis.contrasts(final, oracle=False)
    by_oracle = analysis.contrasts(final, oracle=True).set_index("measure")["p_holm"]
    assert by_oracle.loc[["K", "B"]].notna().any() and by_oracle.drop(index=["K", "B"]).isna().all()
    other = table[table["role"] == "other"].set_index("measure")
    assert other["estimate"].to_numpy() == pytest.approx(0.2)
    assert np.isnan(other.loc["variability", "p_holm"]) and other.loc["reconstruction", "p_holm"] >= other["p"].min()
    assert table.loc[table["role"] != "other", "pairs"].eq(0).all()
    assert analysis.by_concept(final, "variability") == [
        pytest.approx({"oak": 0.1, "hall": 0.2, "car": 0.3}),
        {},
        {},
        {},
    ]
    tested, listed = analysis.clear_contrasts(table)
    assert tested == len(listed) == 2 and "editability with the other word above the own word’s" in listed[1]


def test_a_concept_without_another_word_has_no_pair():
    assert analysis.of_pair(final_of({"oak": 0.1}).query("role == 'own'"))["variability"] == UNKNOWN


def test_variability_is_of_different_pictures():
    summary = pd.DataFrame(dict(arm=["a"], coherence=[0.75]))
    log = pd.DataFrame(dict(arm=["a"], distance=[3.0], norm_ratio=[2.0], norm=[6.0]))
    arms = pd.DataFrame(dict(role=["own"], seed=[4]), index=["a"])
    told, way = analysis.by_role(summary, log, arms, 4)
    assert told["variability"].item() == pytest.approx(1 / 3) and told["seed"].item() == 4
    assert way["travelled"].item() == 1
    assert np.isnan(analysis.by_role(summary, log, arms, 1)[0]["variability"].item())


N = {"concept": 3, "seed": 9}


@pytest.mark.parametrize(
    ("excess", "said", "words"),
    [
        (Interval(0.2, 0.1, 0.3, N), "supported", "further apart than two training seeds"),
        (Interval(-0.2, -0.3, -0.1, N), "not supported", "less far apart"),
        (Interval(0.0, -0.04, 0.04, N), "not supported", "not clearly further apart"),
        (Interval(0.0, -0.06, 0.06, N), "undecided", "not clearly further apart"),
        (Interval(0.2, 0.1, 0.3, {"concept": 3, "seed": 4}), "undecided", "4 pairs of words of 3 concepts, too few"),
        (UNKNOWN, "undecided", "cannot be told"),
    ],
)
def test_the_answer_follows_from_the_excess(excess, said, words):
    apart = UNKNOWN._replace(estimate=0.1)  # half of it is the smallest excess of interest
    verdict, why = analysis.answer(dict(excess=excess, words=UNKNOWN, seeds=apart), 10)
    assert verdict == said and words in why


@pytest.mark.parametrize(
    ("varies", "said"),
    [
        (Interval(0.2, 0.1, 0.3, {"seed": 5}), "supported"),
        (Interval(-0.2, -0.3, -0.1, {"seed": 5}), "supported"),
        (Interval(0.01, -0.02, 0.04, {"seed": 5}), "not supported"),
        (Interval(0.01, -0.02, 0.06, {"seed": 5}), "undecided"),
        (Interval(0.2, 0.1, 0.3, {"seed": 4}), "undecided"),
        (UNKNOWN, "undecided"),
    ],
)
def test_a_difference_below_a_tenth_of_the_own_variability_is_none(varies, said):
    own = pd.DataFrame(dict(role=["own", "other"], variability=[0.5, 9.0]))
    assert analysis.variability_answer(own, varies, "a instead of b", "oak")[0] == said
    takes = analysis.variability_takes(own, varies)  # whatever the verdict: a record keeps it of an open claim alone
    assert takes.endswith("training seeds") if varies.n else takes == ""


def test_a_known_concept_starts_from_its_names_neighbour_too(tokenizer, concept):
    how = dict(tokenizer=tokenizer, seed=0)
    known = concept.model_copy(update={"true_name": "robot"})
    words = analysis.first_words(known, "", "dog", "cat", **how)
    assert words["neighbour"] == "cat" and words["random"] not in ("cat", "robot", "dog", "tower", "building")
    assert "neighbour" not in analysis.first_words(concept, "", "dog", **how)
    assert "neighbour" not in analysis.first_words(known, "", "dog", "dog", **how)  # it is there already


def test_the_two_near_words_get_all_seeds_and_the_controls_some(concept):
    words = {"own": "tower", "other": "building", "far": "apple", "random": "spoon"}
    plan = analysis.planned(words, [3, 5, 7], 1)
    near = [(role, seed) for role in ("own", "other") for seed in (3, 5, 7)]
    assert plan == [*near, ("far", 3), ("random", 3)]
    arms = [Arm(concept, initializer=words[role], seed=s) for role, s in plan]
    table = analysis.arms_table({"red_tower": arms}, {"red_tower": plan})
    assert list(table.index) == [arm.id for arm in arms] and table.index.is_unique
    assert list(table["word"]) == [words[role] for role, _ in plan] and list(table["seed"]) == [s for _, s in plan]
