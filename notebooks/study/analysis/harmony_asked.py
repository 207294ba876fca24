"""What the page on ranking asks for: contexts to rank in, a prompt of one's own, who is reported, pictures in order."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from PIL import Image

from study.parameters import ParameterError
from textinv_core.evaluation.metrics import SMALLEST_NULL
from textinv_core.learning.concepts import Concept, load_images

COLUMNS = ["concept", "kind", "prompt", "phrase", "set", "level", "stand_in", "image"]


class Asked(NamedTuple):
    """Prompts and concepts of a run; by concept where they may differ."""

    known: dict[str, dict[str, str]]  # concept -> prompt -> the phrase that names its context
    tested: dict[str, list[str]]  # concept -> the prompts whose pictures are ranked
    own: str  # the prompt whose batch is shown ranked, of the first concept
    reported: list[str]  # the concepts that no setting was chosen on

    @property
    def own_phrase(self) -> dict[str, str]:
        """The own prompt -> the phrase that names its context."""
        return {self.own: next(iter(self.known.values()))[self.own]}


def asked(
    phrases: Mapping[str, Mapping[str, str]],  # concept -> prompt -> phrase: the contexts of its kind
    development: Sequence[str],
    contexts: int,
    own: str = "",
    null_pictures: int = SMALLEST_NULL,
) -> Asked:
    """As many contexts as there should be, spread over those there are, two at least; by default one's own is the first.

    What cannot be asked is refused here, before anything is drawn.
    """
    if null_pictures < SMALLEST_NULL:
        raise ParameterError(f"null_pictures: expected {SMALLEST_NULL} or more, got {null_pictures}")
    if own and own.count("{}") != 1:
        raise ParameterError(f"own_prompt {own!r}: expected exactly one {{}} where the concept stands")
    known, many = {name: dict(texts) for name, texts in phrases.items()}, max(2, contexts)
    tested = {name: list(texts)[:: max(1, len(texts) // many)][:many] for name, texts in known.items()}
    first = next(iter(known))
    own = own or tested[first][0]
    known[first].setdefault(own, " ".join(own.replace("{}", "").split()))
    return Asked(known, tested, own, [name for name in known if name not in development] or list(known))


def known_cases(
    concepts: Sequence[Concept],
    prompts: Asked,
    draw: Callable[[str, list[str]], list[dict]],  # concept, phrases -> rows: phrase, set, level, stand_in, image
    side: int,  # pixels
    through: Callable[[np.ndarray], np.ndarray] | None = None,  # uint8 (n, H, W, 3) both: what pictures go through
) -> pd.DataFrame:
    """Pictures whose order is known, a row each; training pictures, on their plain backdrops, as a trap beside them."""
    rows = []
    for c in concepts:
        prompt_of = {prompts.known[c.name][prompt]: prompt for prompt in prompts.tested[c.name]}
        own = draw(c.name, list(prompt_of))
        plain = load_images(c.images[::2], side) if own and c.kind != "style" else []
        own += [dict(phrase=phrase, set="training picture", image=image) for phrase in prompt_of for image in plain]
        rows += [row | dict(concept=c.name, kind=c.kind, prompt=prompt_of[row["phrase"]]) for row in own]
    table = pd.DataFrame(rows, columns=COLUMNS)
    if through and len(table):
        decoded = through(np.stack([np.asarray(image) for image in table["image"]]))
        table["image"] = [Image.fromarray(pixels) for pixels in decoded]
    return table
