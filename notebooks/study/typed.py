"""Concepts of several types, each learned from its own pictures: what their words draw, and how that scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import pandas as pd

from study.measuring import See
from study.page import Page
from study.panels import PIXELS
from study.wording import shown_name
from textinv_core.evaluation.metrics import evaluate
from textinv_core.learning.arms import Arm
from textinv_core.learning.concepts import Concept, context_prompts, load_images, plain_prompt

SHOWN = ("a picture", "plain prompt", "with a context")  # of each concept


@dataclass(frozen=True)
class Typed:
    """What became of concepts in the order of their types; everything is empty where there are none."""

    concepts: tuple[Concept, ...]
    scores: list[pd.DataFrame]  # one a word: a row a picture, with kind and the training `seed`; `image` is the noise
    tiles: pd.DataFrame  # a row a picture that is shown: concept, column, image

    @property
    def plain(self) -> dict[str, str]:
        """Concept -> its plain prompt."""
        return {c.name: plain_prompt(c.kind) for c in self.concepts}

    @property
    def heads(self) -> dict[str, str]:
        """Concept -> its type and its name, as a figure writes them."""
        return {c.name: f"{c.kind}\n{shown_name(c.name)}" for c in self.concepts}


def measure_types(page: Page, concepts: Sequence[Concept], see: See) -> Typed:
    """Those of the concepts that have held-out pictures: learned, drawn and scored as the page's parameters have it."""
    given, scores, tiles = page.parameters, [], []
    several = sorted((c for c in concepts if c.held_out), key=lambda c: (c.kind, c.name))
    places = list(product(several, given["seeds"]))
    arms = [Arm(c, seed=seed, learning_rate=given["learning_rate"]) for c, seed in places]
    how = dict(steps=given["steps"], batch_size=given["batch_size"])
    words = page.store.learn(page.pipe, arms, **how).at() if arms else []
    for (c, seed), word in zip(places, words, strict=True):
        texts = [plain_prompt(c.kind), *list(context_prompts(c.kind))[: given["contexts"]]]
        drawing = page.draw(word, texts)
        table = evaluate(drawing, c, page.judge).join(see(drawing, c))
        scores.append(table.rename(columns={"seed": "image"}).assign(seed=seed, kind=c.kind))
        if seed == given["seeds"][0]:
            images = [*load_images(c.images[:1], PIXELS), *drawing[drawing["seed"] == 0]["image"][:2]]
            tiles += [
                dict(concept=c.name, column=said, image=image) for said, image in zip(SHOWN, images, strict=False)
            ]
    return Typed(tuple(several), scores, pd.DataFrame(tiles, columns=["concept", "column", "image"]))
