"""What a page takes over from another page of its profile."""

import pytest

from study import earlier_pages, page
from textinv_core.files import write_json


@pytest.fixture
def records(tmp_path, monkeypatch):
    monkeypatch.setattr("textinv_core.paths.RESULTS", tmp_path)
    return tmp_path


def test_a_given_weight_is_taken_as_it_is(records):
    write_json(records / "quick/kl_tradeoff/numbers.json", dict(kl_weight="0.3"))
    for given in (0.1, 2.0):
        weight, source = earlier_pages.chosen_kl_weight("quick", given)
        assert weight == given and "given" in source


def test_else_the_one_chosen_in_the_same_profile(records):
    write_json(records / "quick/kl_tradeoff/numbers.json", dict(kl_weight="0.3"))
    assert earlier_pages.chosen_kl_weight("quick", 0.0) == (0.3, "taken over from the page on KL weights")
    weight, source = earlier_pages.chosen_kl_weight("other", 0.0)
    assert weight == earlier_pages.UNCHOSEN_KL_WEIGHT and "not chosen" in source


CHOSEN = dict(chosen_learning_rate="0.03", chosen_steps="400", chosen_kl_weight="0.05", chosen_guidance="6")


def test_the_page_on_settings_decides_the_weight_before_the_page_on_weights(records):
    write_json(records / "quick/kl_tradeoff/numbers.json", dict(kl_weight="0.3"))
    write_json(records / "quick/regime/numbers.json", CHOSEN)
    assert earlier_pages.chosen_kl_weight("quick", 0.0) == (0.05, "taken over from the page on settings")
    assert earlier_pages.chosen_kl_weight("quick", 0.2)[0] == 0.2


def test_chosen_settings_are_those_that_a_page_has_and_of_their_kind(records):
    given = dict(learning_rate=0.01, steps=500, contexts=3)
    assert earlier_pages.chosen_regime("quick", given) == {}
    write_json(records / "quick/regime/numbers.json", CHOSEN)
    found = earlier_pages.chosen_regime("quick", given)
    assert found == dict(learning_rate=0.03, steps=400) and isinstance(found["steps"], int)
    assert earlier_pages.chosen_regime("other", given) == {}


def test_a_page_takes_what_was_chosen_into_its_cells_if_it_asks_for_it(records, monkeypatch):
    write_json(records / "quick/regime/numbers.json", CHOSEN)
    monkeypatch.setattr(page, "open_page", lambda name, *, parameters, **_: parameters)
    types = dict.fromkeys(("profile", "concepts", "as_chosen", "learning_rate", "steps", "kl_weight"))
    cells = dict(__annotations__=types, profile="quick", concepts=["oak"], as_chosen=True)
    cells |= dict(learning_rate=0.01, steps=500, kl_weight=0.0, other=1)
    given = page.begin("known_names", cells)
    assert given["steps"] == cells["steps"] == 400 and cells["learning_rate"] == 0.03 and cells["other"] == 1
    assert cells["kl_weight"] == 0.0  # zero asks `chosen_kl_weight`, which says where the weight comes from
    cells |= dict(as_chosen=False, steps=500)
    assert page.begin("known_names", cells)["steps"] == 500


def test_the_best_method_is_that_of_the_same_model_and_only_where_it_was_clear(records):
    def rivals(profile, clear, model="pocket"):
        write_json(records / profile / "rivals/numbers.json", dict(winner="dti", winner_clear=clear))
        given = dict(model=model, chosen=dict(naive=1.0, dti=0.001))
        write_json(records / profile / "rivals/provenance.json", dict(parameters=given))

    assert earlier_pages.best_method("own", "pocket") is None
    rivals("full", "yes")
    assert earlier_pages.best_method("own", "pocket") == ("dti", 0.001)
    assert earlier_pages.best_method("own", "some/other") is None
    rivals("own", "yes", model="some/other")
    assert earlier_pages.best_method("own", "pocket") == ("dti", 0.001)
    rivals("own", "no")
    assert earlier_pages.best_method("own", "pocket") is None
