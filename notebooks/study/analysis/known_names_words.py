"""The words held against the true name: which they are, and how the model's own CLIP reads each of them."""

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor

from study.analysis.known_names import ANY, SD, TRUE
from study.vocabulary import drawn_word
from textinv_core.evaluation.judges import Judge
from textinv_core.evaluation.probes import text_features
from textinv_core.learning.concepts import Concept, class_phrase, load_images
from textinv_core.learning.tokens import Embedding, initial_rows


class Word(NamedTuple):
    """One word for a concept, learned or of the vocabulary."""

    method: str
    seed: int  # of training; the first one for what is not learned
    said: str  # what a prompt says in the placeholder's place
    row: Tensor  # (D,)
    learned: tuple[Embedding, ...] = ()

    @property
    def drawn_by(self) -> dict:
        """How `Page.draw` is told of it."""
        return dict(words=self.learned[0]) if self.learned else dict(words=None, word=self.said)


def words_of(
    pipe,
    concept: Concept,
    learned: Sequence[Embedding],
    where: Sequence[tuple[str, int]],  # method and training seed of each learned word
) -> list[Word]:
    """The true name, the class word and a random word, then the learned ones."""
    avoid = (concept.true_name, concept.class_word, concept.initializer)
    anyone = drawn_word(pipe.tokenizer, seed=0, name=concept.name, avoid=avoid)
    said = {TRUE: concept.true_name, SD: class_phrase(concept), ANY: anyone}
    begins = said | {SD: concept.initializer}  # the word whose row it is: a phrase has none
    first = where[0][1]
    still = [Word(method, first, said[method], initial_rows(pipe, begins[method])[0]) for method in said]
    return still + [Word(*at, e.placeholder, e.rows[0], (e,)) for at, e in zip(where, learned, strict=True)]


def read_by(clip: Judge | None, concept: Concept, texts: Sequence[str], words: Sequence[Word], side: int) -> list[dict]:
    """How a CLIP reads each word: a row each, none without a CLIP; texts: the plain prompt, then those with a context.

    `reads`: cosine of the plain text to that with the true name; `shows`: to the concept's own pictures; `context`: one
    minus its cosine to the texts with a context, NaN where there are none.
    """
    if clip is None:
        return []
    photos = clip.image_features(load_images([*concept.held_out, *concept.images], side))
    named, rows = text_features(clip, [text.replace("{}", concept.true_name) for text in texts])[0], []
    for word in words:
        read = text_features(clip, [text.replace("{}", word.said) for text in texts], word.learned)
        apart = 1 - (read[1:] @ read[0]).mean() if len(texts) > 1 else float("nan")
        found = dict(reads=read[0] @ named, shows=(photos @ read[0]).mean(), context=apart)
        who = dict(method=word.method, concept=concept.name, seed=word.seed)
        rows.append(who | {key: float(value) for key, value in found.items()})
    return rows
