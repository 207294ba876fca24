"""DreamBooth as a page has it: every parameter arrives, the token is the page's or by rule."""

from types import SimpleNamespace

import pytest

from study.page import Page
from study.tuning import identifier_of, recipe_of

GIVEN = dict(identifier="", dreambooth_steps=7, dreambooth_learning_rate=0.003, class_pictures=5)
GIVEN |= dict(seeds=[4, 9], batch_size=2)


@pytest.fixture
def page(concept, tokenizer, tmp_path):
    pipe = SimpleNamespace(tokenizer=tokenizer)
    return Page("a_page", "own", tmp_path, pipe, None, (concept,), None, GIVEN)


def test_the_recipe_is_that_of_the_parameters(page, concept):
    recipe = recipe_of(page, concept)
    assert (recipe.steps, recipe.learning_rate, recipe.class_pictures) == (7, 0.003, 5)
    assert (recipe.seed, recipe.batch_size, recipe.concept) == (4, 2, concept)


def test_the_token_is_the_one_given_or_a_rare_one(page, concept, tmp_path):
    assert len(identifier_of(page)) == 1 and recipe_of(page, concept).word == f"{identifier_of(page)} tower"
    named = Page("a_page", "own", tmp_path, page.pipe, None, (concept,), None, GIVEN | dict(identifier="lake"))
    assert identifier_of(named) == "lake" and recipe_of(named, concept).word == "lake tower"
