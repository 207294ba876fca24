"""DreamBooth as a page's parameters have it: the network fine-tuned for a concept, and what it draws."""

from collections.abc import Sequence

import pandas as pd

from study.page import Page
from textinv_core.baselines.dreambooth import DreamBooth, dreambooth, rare_token
from textinv_core.learning.concepts import Concept
from textinv_core.learning.precision import autocast_dtype


def identifier_of(page: Page) -> str:
    """The rare token by which the page calls its concepts: the one given, else by rule."""
    return page.parameters.get("identifier") or rare_token(page.pipe.tokenizer)


def recipe_of(page: Page, concept: Concept, rate: float | None = None) -> DreamBooth:
    """How the page has a concept fine-tuned: from its first training seed, at its learning rate or another."""
    given = page.parameters
    how = dict(steps=given["dreambooth_steps"], learning_rate=rate or given["dreambooth_learning_rate"])
    how |= dict(seed=given["seeds"][0], batch_size=given["batch_size"], class_pictures=given["class_pictures"])
    return DreamBooth(concept, identifier=identifier_of(page), **how)


def drawn_by_tuned(page: Page, concept: Concept, texts: Sequence[str], rate: float | None = None) -> pd.DataFrame:
    """Pictures by the network fine-tuned for a concept, columns as of `Page.draw`.

    The networks lie beside the store's pictures, where another page finds them: large, and made again when lost.
    """
    recipe, kept = recipe_of(page, concept, rate), page.store.pictures.with_name("dreambooth")
    tuned = dreambooth(page.pipe, recipe, out=kept, dtype=autocast_dtype(page.pipe.unet), **page.drawing)
    return page.draw(None, texts, pipe=tuned, word=recipe.word)
