"""Pictures of known order: what is said to be in them is what was drawn."""

import numpy as np
import pytest
from pocket_world.first.constructed import SETS, empty, known_order, picture, stand_in
from pocket_world.first.oracle import context_of
from pocket_world.first.study_concepts import CONCEPTS_TABLE, PERSON_CONCEPT, STYLE_CONCEPT

FOREST, BEACH, BALLET = "in the forest", "on the beach", "doing ballet"


def test_every_case_for_every_phrase_and_the_same_again():
    rows = known_order(PERSON_CONCEPT, [FOREST, BEACH, BALLET], 2, side=32)  # drawn without the SVG renderer
    count = {(phrase, case): 0 for phrase in (FOREST, BEACH, BALLET) for case in (*SETS, "empty")}
    for row in rows:
        count[row["phrase"], row["set"]] += 1
        assert row["image"].size == (32, 32) and row["level"] == SETS.get(row["set"], 1)
        assert bool(row["stand_in"]) == (row["set"] not in ("both", "subject only"))
    assert set(count.values()) == {0, 2} and count[BALLET, "empty"] == 0  # nobody dances: nothing to see
    again = known_order(PERSON_CONCEPT, [FOREST, BEACH, BALLET], 2, side=32)
    assert all(a["image"].tobytes() == b["image"].tobytes() for a, b in zip(rows, again, strict=True))
    other = known_order(PERSON_CONCEPT, [FOREST, BEACH, BALLET], 2, seed=1, side=32)
    assert rows[0]["image"].tobytes() != other[0]["image"].tobytes()


def test_what_is_unknown_gives_nothing():
    assert known_order("my photos", [FOREST, BEACH], 2) == []
    assert known_order(PERSON_CONCEPT, [FOREST, "on mars"], 2) == []


@pytest.mark.parametrize("name", CONCEPTS_TABLE)
def test_a_stand_in_differs_from_the_concept(name):
    pytest.importorskip("resvg_py")
    context = context_of("a tree" if name == STYLE_CONCEPT else FOREST)

    def drawn(kind=None):
        instead = stand_in(name, kind, np.random.default_rng(1)) if kind else None
        return np.asarray(picture(name, np.random.default_rng(0), context, instead, side=32)).astype(int)

    genuine = drawn()
    assert np.array_equal(genuine, drawn())
    assert all(np.abs(genuine - drawn(kind)).mean() > 1 for kind in ("its class", "another", "near"))
    nothing = np.asarray(empty(name, np.random.default_rng(0), context, side=32)).astype(int)
    assert np.abs(genuine - nothing).mean() > 1
