"""What the methods draw: learned words with the class word and the true name beside them."""

from collections.abc import Mapping

import pandas as pd

from study.methods import CLASS_WORD
from study.page import Page
from textinv_core.learning.concepts import Concept
from textinv_core.learning.tokens import Embedding


def draw_methods(
    page: Page,
    concept: Concept,
    words: Mapping[tuple[str, float, int], Embedding],  # method, value, training seed -> word
    *,
    true_name: bool,  # whether that is drawn too, where the model knows one
) -> pd.DataFrame:
    """Pictures of the page's prompts with `method`, `value` and `train_seed`; what has none stands beside each."""
    texts, seeds = page.prompts()[concept.name], page.parameters["seeds"]
    parts = [page.draw(word, texts).assign(method=m, value=float(x), train_seed=s) for (m, x, s), word in words.items()]
    untrained = {CLASS_WORD: page.draw_plain(concept, texts)}
    if true_name and concept.true_name:
        untrained["true_name"] = page.draw(None, texts, word=concept.true_name)
    parts += [own.assign(method=m, value=0.0, train_seed=s) for m, own in untrained.items() for s in seeds]
    return pd.concat(parts, ignore_index=True)
