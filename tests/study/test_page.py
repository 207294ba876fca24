"""What pages open, quote and record: parameters read once, numbers said once, the record complete."""

from types import SimpleNamespace

import pytest

from study import page as pages
from study.page import Page, begin

GIVEN = dict(model="pocket", judge="", concepts=["elder_tree"], seeds=[0, 1], steps=40, learning_rate=0.001)
GIVEN |= dict(images_per_prompt=3, contexts=2, guidance=4.0, num_inference_steps=5, profile="own", out="", runs="")


@pytest.fixture
def page(concept, tmp_path):
    return Page("a_page", "own", tmp_path, None, SimpleNamespace(name="a judge"), (concept,), None, GIVEN)


def test_a_page_begins_from_what_its_parameters_cell_annotates(monkeypatch):
    opened = {}
    monkeypatch.setattr(pages, "open_page", lambda name, **given: opened.update(given, name=name))
    cells = GIVEN | dict(concept="my/cat", page=1, __annotations__=dict.fromkeys([*GIVEN, "concept"], "any"))
    begin("a_page", cells)
    assert opened["concepts"] == ["my/cat"] and "page" not in opened["parameters"] and opened["model"] == "pocket"
    begin("a_page", cells | dict(concept=""))
    assert opened["concepts"] == ["elder_tree"]


def test_what_most_pages_quote_is_read_from_the_parameters(page):
    said = page.common("model_name", "n_concepts", "n_seeds", "n_pictures", "n_contexts", "learning_rate", "steps")
    assert list(said.values()) == ["the pocket model", "1", "2", "3", "2", "0.001", "40"]
    assert len(page.prompts()[page.names[0]]) == 3 and list(page.noises) == [0, 1, 2]


def test_pictures_are_drawn_as_the_parameters_have_it(page):
    drawn = []
    drawing = SimpleNamespace(draw=lambda *given, **how: drawn.append((given, how)))
    other = Page(page.name, page.profile, page.folder, "pipe", page.judge, page.concepts, drawing, GIVEN)
    other.draw("word", ["a {}"])
    other.draw("word", ["a {}"], [7], pipe="tuned", guidance_scale=1.0)
    how = dict(guidance_scale=4.0, num_inference_steps=5)
    assert drawn[0] == (("pipe", "word", ["a {}"], range(3)), how)
    assert drawn[1] == (("tuned", "word", ["a {}"], [7]), how | dict(guidance_scale=1.0))


def test_all_that_was_said_is_recorded_with_all_parameters(page, monkeypatch):
    kept = []
    monkeypatch.setattr(Page, "record", lambda self, *given: kept.append(given))
    page.say(verdict="undecided", n="3")
    page.say(n="4")
    page.close({"scores": "a table"}, ["a claim"], steps=50)
    ((parameters, tables, numbers, claims),) = kept
    assert numbers == {"verdict": "undecided", "n": "4"} and claims == ["a claim"] and tables == {"scores": "a table"}
    assert parameters["steps"] == 50 and parameters["guidance"] == 4.0
    assert not {"profile", "out", "runs", "judge", "concepts"} & parameters.keys()
