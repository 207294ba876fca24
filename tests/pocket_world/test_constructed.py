"""Pictures of known order: what is said to be in them is what was drawn."""

import numpy as np
import pytest
from pocket_world.oracle import constructed
from pocket_world.oracle.constructed import EMPTY, SETS, SMEAR, asked, known_order
from pocket_world.world import concepts, strangers
from pocket_world.world.family import forms_apart

FOREST, BEACH, BALLET = "in the forest", "on the beach", "doing ballet"


@pytest.mark.parametrize("name", ["merry_man", "jolly_man"])
def test_every_case_for_every_phrase_and_the_same_again(name):
    rows = known_order(name, [FOREST, BEACH, BALLET], 2)
    count = {(phrase, case): 0 for phrase in (FOREST, BEACH, BALLET) for case in (*SETS, EMPTY, SMEAR)}
    for row in rows:
        count[row["phrase"], row["set"]] += 1
        assert row["image"].size == (64, 64) and row["image"].mode == "RGB"
        assert row["level"] == {**SETS, EMPTY: 1, SMEAR: 0}[row["set"]]
        assert bool(row["stand_in"]) == (row["set"] not in ("both", "subject only"))
    assert count.pop((BALLET, EMPTY)) == 0  # nobody dances: nothing to see
    assert set(count.values()) == {2}
    again = known_order(name, [FOREST, BEACH, BALLET], 2)
    assert all(a["image"].tobytes() == b["image"].tobytes() for a, b in zip(rows, again, strict=True))
    other = known_order(name, [FOREST, BEACH, BALLET], 2, seed=1)
    assert rows[0]["image"].tobytes() != other[0]["image"].tobytes()


def test_what_is_unknown_gives_nothing():
    assert known_order("my photos", [FOREST, BEACH], 2) == []
    assert known_order("merry_man", [FOREST, "on mars"], 2) == []
    assert known_order("lemon_pine", [FOREST, BALLET], 2) == []  # a tree has no poses
    assert asked("with a woman", np.random.default_rng(0)) is None


def test_what_is_asked_for_is_what_is_drawn(monkeypatch):
    """Each row's truth, kept by a spy: the scene where the context is said to be there, the concept where it is."""
    seen, real = [], concepts.draw

    def spy(name, rng, **how):
        image, truth = real(name, rng, **how)
        seen.append((truth, how.get("member")))
        return image, truth

    monkeypatch.setattr(concepts, "draw", spy)
    monkeypatch.setattr(constructed, "smear", lambda *_: None)
    own = concepts.members()["violet_cloud"].as_dict()
    rows = [row for row in known_order("violet_cloud", [FOREST, BEACH], 12) if row["set"] in SETS]
    kinds = set()
    for row, (truth, member) in zip(rows, seen, strict=True):
        here = truth["scene"] == {FOREST: "forest", BEACH: "beach"}[row["phrase"]]
        assert here == (row["set"] in ("both", "context only"))
        subjects = [figure["member"] for figure in truth["subjects"]]
        assert (subjects == [own]) == (row["set"] in ("both", "subject only"))
        kinds.add(row["stand_in"])
        if row["stand_in"] == "its class":
            assert subjects[0]["kind"] == "tree"
        elif row["stand_in"] == "near":
            assert forms_apart(member, concepts.members()["violet_cloud"]) == 2 and subjects[0]["kind"] == "tree"
            assert subjects[0]["colours"] == own["colours"]
        elif row["stand_in"] == "another":
            assert truth["concept"] != "violet_cloud"
    assert kinds == {"", *constructed.STAND_INS}


def test_a_castle_is_drawn_as_a_castle_and_a_lake_alone():
    rng = np.random.default_rng(0)
    assert asked("a castle", rng)["subject"].forms["roof"] == "battlements"
    assert asked("a dog", rng) == {"subject": "dog"} and asked("a lake", rng) == {"scene": "lake", "subject": ""}
    assert asked("in the style of noir", rng)["style"].kind == "painting" and asked(BALLET, rng) == {"pose": "ballet"}


@pytest.mark.parametrize("name", ["plum_cat", "tea_girl", "glow_style", *concepts.STRANGERS])
def test_a_stand_in_differs_from_the_concept(name):
    context = asked("a tree" if concepts.family_of(name).name == "style" else FOREST, np.random.default_rng(0))

    def drawn(kind=None):
        instead = constructed.stand_in(name, kind, np.random.default_rng(1)) if kind else (None, {})
        return np.asarray(constructed.picture(name, np.random.default_rng(0), context, instead, 32)).astype(int)

    genuine = drawn()
    assert np.array_equal(genuine, drawn())
    assert all(np.abs(genuine - drawn(kind)).mean() > 1 for kind in ("its class", "another", "near"))
    nothing = np.asarray(constructed.empty(name, np.random.default_rng(0), context, 32)).astype(int)
    assert np.abs(genuine - nothing).mean() > 1


def test_another_can_do_what_the_concept_does():
    rng = np.random.default_rng(0)
    people = {constructed.stand_in("jolly_man", "another", rng)[0] for _ in range(200)}
    others = {name for name in concepts.everything() if concepts.family_of(name).name == "person"} - {"jolly_man"}
    assert people == others and len(others) == 8
    painted = {constructed.stand_in("moss_style", "another", rng)[0] for _ in range(40)}
    assert painted == {"glow_style", "known_style", strangers.STYLE}


def test_a_smear_has_the_concepts_colours_and_no_edge():
    def sharpness(image):
        return np.abs(np.diff(np.asarray(image, float), axis=1)).mean()

    rng = np.random.default_rng(0)
    own = [constructed.picture("violet_cloud", rng, {}) for _ in range(4)]
    blurred = constructed.smear("violet_cloud", rng)
    assert sharpness(blurred) < 0.3 * min(map(sharpness, own))
    middle = np.asarray(blurred, float)[16:32, 24:40].mean((0, 1))
    assert middle[2] > middle[1] + 15 and middle[0] > middle[1]  # still violet
